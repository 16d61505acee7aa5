package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.kernel.Ids;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Audit entries are found by time, action, resource and request, page by page, until they expire.
 * The product runs on embedded AWS.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class AuditListTest {

  private static final int CALLS = 12;
  private static final String JOB = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

  private static Entries entries;
  private static Customer customer;

  /** The audit entries of calls to two operations in turn, newest first; request ids count up. */
  private static List<JsonNode> made;

  @BeforeAll
  static void call(EmbeddedAws aws, LocalOutpost outpost) {
    entries = Entries.of(aws, "local");
    var calls = new RecordedCalls("listed");
    customer = Customer.of(calls.client(outpost.address(), outpost.adminKey()), "free");
    for (int i = 0; i < CALLS; i++) {
      customer.client().get(i % 2 == 0 ? "/jobs/" + JOB : "/jobs");
    }
    var ids = IntStream.rangeClosed(3, 2 + CALLS).mapToObj(i -> "listed-" + i).toList();
    await()
        .until(
            () -> {
              made = list("limit=100").stream().filter(e -> ids.contains(requestId(e))).toList();
              return made.size() == CALLS;
            });
    assertThat(ids(made)).containsExactlyInAnyOrderElementsOf(ids);
  }

  @AfterAll
  static void stop() {
    entries.close();
  }

  @Test
  void pagesGoOnWhereTheLastOneEnded() {
    var window = "from=%s&to=%s".formatted(time(CALLS - 1), Instant.parse(time(0)).plusMillis(1));
    var paged = new ArrayList<JsonNode>();
    var next = "";
    for (int page = 0; next != null; page++) {
      assertThat(page).isLessThan(CALLS);
      var answer = get(window + "&limit=3" + next).json();
      assertThat(answer.get("data").size()).isLessThanOrEqualTo(3);
      answer.get("data").forEach(paged::add);
      next = answer.get("next_cursor").isNull() ? null : "&cursor=" + text(answer, "next_cursor");
    }
    assertThat(paged).isEqualTo(list(window + "&limit=100"));
    assertThat(paged).containsSubsequence(made);
    assertThat(paged)
        .extracting(e -> text(e, "timestamp"))
        .isSortedAccordingTo(Comparator.reverseOrder());
  }

  @Test
  void timeIsFromAndUpTo() {
    var found = list("from=%s&to=%s&limit=100".formatted(time(8), time(3)));
    assertThat(found).allMatch(e -> time(8).compareTo(text(e, "timestamp")) <= 0);
    assertThat(found).allMatch(e -> time(3).compareTo(text(e, "timestamp")) > 0);
    assertThat(ids(found)).contains(requestId(made.get(8))).doesNotContain(requestId(made.get(3)));
  }

  @Test
  void byActionResourceAndRequest() {
    assertThat(list("action=getJob&limit=100"))
        .hasSize(CALLS / 2)
        .allMatch(e -> text(e, "action").equals("getJob") && text(e, "outcome").equals("denied"));
    assertThat(list("resource=/jobs/" + JOB + "&limit=100")).hasSize(CALLS / 2);
    assertThat(list("request_id=listed-5"))
        .isEqualTo(made.stream().filter(e -> requestId(e).equals("listed-5")).toList())
        .hasSize(1);
    assertThat(list("action=listJobs&request_id=listed-5")).isEmpty();
    assertThat(list("action=listJobs&limit=2"))
        .isEqualTo(list("action=listJobs&limit=100").subList(0, 2));
  }

  /** The calls come from no trusted proxy, so their forwarded address does not count. */
  @Test
  void anAddressThatAClientSaysItselfIsNotBelieved() {
    assertThat(made)
        .extracting(e -> text(e, "ip_address"))
        .containsAnyOf("127.0.0.1", "0:0:0:0:0:0:0:1")
        .doesNotContain(RecordedCalls.ADDRESS);
  }

  @Test
  void aCursorIsOfItsQueryAndItsTenant() {
    var cursor = text(get("action=getJob&limit=2").json(), "next_cursor");
    assertThat(get("action=getJob&limit=2&cursor=" + cursor).status()).isEqualTo(200);
    assertThat(get("action=listJobs&limit=2&cursor=" + cursor).status()).isEqualTo(400);
    var altered = (cursor.startsWith("A") ? "B" : "A") + cursor.substring(1);
    assertThat(get("action=getJob&limit=2&cursor=" + altered).status()).isEqualTo(400);
    var other = Ids.uuid();
    assertThat(
            customer
                .client()
                .get("/tenants/" + other + "/audit?action=getJob&limit=2&cursor=" + cursor)
                .status())
        .isEqualTo(404);
  }

  @Test
  void whatHasExpiredIsGoneThoughTheTableStillHasIt() {
    var id = requestId(made.get(1));
    var item = entries.calls().get(id).getFirst();
    entries
        .clients()
        .dynamoDb()
        .updateItem(
            u ->
                u.tableName("outpost-audit-local")
                    .key(Map.of("tenant_id", item.get("tenant_id"), "sk", item.get("sk")))
                    .updateExpression("SET expires_at = :past")
                    .expressionAttributeValues(
                        Map.of(
                            ":past",
                            AttributeValue.fromN(
                                Long.toString(Instant.now().minusSeconds(1).getEpochSecond())))));
    assertThat(list("request_id=" + id)).isEmpty();
    assertThat(entries.calls()).containsKey(id);
    entries.clients().dynamoDb().putItem(p -> p.tableName("outpost-audit-local").item(item));
    assertThat(list("request_id=" + id)).hasSize(1);
  }

  private static Answer get(String query) {
    return customer.client().get(customer.path("/audit?" + query));
  }

  private static List<JsonNode> list(String query) {
    var answer = get(query);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    var data = new ArrayList<JsonNode>();
    answer.json().get("data").forEach(data::add);
    return Collections.unmodifiableList(data);
  }

  private static List<String> ids(List<JsonNode> some) {
    return some.stream().map(AuditListTest::requestId).toList();
  }

  private static String requestId(JsonNode entry) {
    return text(entry, "request_id");
  }

  private static String time(int index) {
    return text(made.get(index), "timestamp");
  }

  private static String text(JsonNode node, String field) {
    return node.get(field).asText();
  }
}
