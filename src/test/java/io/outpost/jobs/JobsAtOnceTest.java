package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.kernel.Ids;
import io.outpost.local.AtOnce;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import io.outpost.store.Items;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/** Each job of a batch is accepted, refused or cancelled as if it were sent alone. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class JobsAtOnceTest {

  /** The most items that DynamoDB writes in one call. */
  private static final int MOST_AT_ONCE = 25;

  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";

  private final TwoApis apis;
  private final Client admin;

  JobsAtOnceTest(TwoApis apis) {
    this.apis = apis;
    this.admin = apis.admin();
  }

  @Test
  void eachJobOfABatchIsAnsweredInItsPlace() {
    var client = Customer.of(admin, "enterprise").client();
    var answer =
        client.post(
            "/jobs/batch",
            batch(
                "{\"agent\":\"claude\",\"command\":\"one\"}",
                "{\"agent\":\"nobody\",\"command\":\"two\"}",
                "{\"agent\":\"claude\",\"command\":\"three\",\"labels\":{\"Big\":\"x\"}}",
                "5",
                "{\"agent\":\"claude\",\"command\":\"five\",\"secrets\":[\"NOT_THERE\"]}",
                "{\"agent\":\"claude\",\"command\":\"six\",\"foo\":1}",
                "{\"agent\":\"codex\",\"command\":\"seven\",\"priority\":\"high\"}"));
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    assertThat(statuses(answer)).containsExactly(202, 400, 400, 400, 400, 400, 202);
    var data = answer.json().get("data");
    assertThat(data.at("/0/job/command").asText()).isEqualTo("one");
    assertThat(data.at("/0/job/status").asText()).isEqualTo("pending");
    assertThat(data.at("/6/job/priority").asText()).isEqualTo("high");
    assertThat(fields(data.get(1))).containsExactly("jobs[1].agent");
    assertThat(fields(data.get(2)).getFirst()).startsWith("jobs[2].labels");
    assertThat(fields(data.get(3))).containsExactly("jobs[3]");
    assertThat(fields(data.get(4))).containsExactly("jobs[4].secrets");
    assertThat(fields(data.get(5))).containsExactly("jobs[5].foo");
    var problem = data.at("/1/problem");
    assertThat(problem.get("type").asText()).endsWith("/invalid-request");
    assertThat(problem.get("status").asInt()).isEqualTo(400);
    assertThat(problem.get("request_id").asText()).isEqualTo(answer.header("X-Request-Id"));
    assertThat(client.get("/jobs").json().get("data"))
        .extracting(job -> job.get("command").asText())
        .containsExactly("seven", "one");
  }

  @Test
  void aBatchThatIsNoneIsRefusedAsAWhole() {
    var client = Customer.of(admin, "enterprise").client();
    for (var wrong :
        List.of("{}", "{\"jobs\":[]}", "{\"jobs\":5}", "{\"jobs\":[" + JOB + "],\"more\":1}")) {
      assertThat(client.post("/jobs/batch", wrong).status()).as(wrong).isEqualTo(400);
    }
    assertThat(client.post("/jobs/batch", batch(101)).status()).isEqualTo(400);
    var long1 = "{\"agent\":\"claude\",\"command\":\"" + "x".repeat(10_000) + "\"}";
    var large = batch(Stream.generate(() -> long1).limit(100).toArray(String[]::new));
    var accepted = client.post("/jobs/batch", large);
    assertThat(statuses(accepted)).hasSize(100).containsOnly(202);
    var tooLarge = client.post("/jobs/batch", large + " ".repeat(1 << 20));
    assertThat(tooLarge.problem()).isEqualTo("payload-too-large");
    assertThat(client.get("/jobs?limit=100").json().get("data")).hasSize(100);
  }

  @Test
  void theQuotaIsExactWhicheverBatchesRace() {
    var customer = Customer.of(admin, "free");
    var answers =
        AtOnce.times(
            6,
            i ->
                (i % 2 == 0 ? customer.client() : customer.client().at(apis.second()))
                    .post("/jobs/batch", batch(4)));
    var all = answers.stream().flatMap(answer -> statuses(answer).stream()).toList();
    assertThat(all).hasSize(24).containsOnly(202, 402);
    assertThat(all).filteredOn(status -> status == 202).hasSize(10);
    assertThat(customer.client().get("/jobs?limit=100").json().get("data")).hasSize(10);
    var refused = customer.client().post("/jobs/batch", batch(1)).json().at("/data/0/problem");
    assertThat(refused.get("type").asText()).endsWith("/quota-exceeded");
  }

  @Test
  void oneKeyIsOneBatchAlsoWhenTheFirstWasCutOffBetweenTwoJobs() {
    var customer = Customer.of(admin, "free");
    var client = customer.client();
    var body =
        batch(JOB, "{\"agent\":\"nobody\",\"command\":\"x\"}", JOB.replace("hello", "again"), JOB);
    var answers = AtOnce.times(5, i -> keyed(client, body, "a"));
    assertThat(answers).extracting(Answer::status).containsOnly(202);
    assertThat(answers).extracting(answer -> answer.json().get("data")).containsOnly(data(answers));
    assertThat(client.get("/jobs").json().get("data")).hasSize(3);

    forgetWholeAnswer(customer);
    var repeated = keyed(client, body, "a");
    assertThat(repeated.json().get("data")).isEqualTo(data(answers));
    assertThat(client.get("/jobs").json().get("data")).hasSize(3);

    forgetWholeAnswer(customer);
    assertThat(keyed(client, batch(1), "a").problem()).isEqualTo("idempotency-key-reused");
    assertThat(keyed(client, body, "b").header("Idempotent-Replayed")).isEmpty();
    assertThat(keyed(client, body, "b").header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(client.get("/jobs").json().get("data")).hasSize(6);
  }

  @Test
  void eachJobOfABatchIsAuditedAndTheBatchToo() {
    var customer = Customer.of(admin, "enterprise");
    var answer = keyed(customer.client(), batch(JOB, "{\"agent\":\"x\",\"command\":\"y\"}"), "k");
    var job = "/jobs/" + answer.json().at("/data/0/job/job_id").asText();
    org.awaitility.Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(audited(customer, answer.header("X-Request-Id")))
                    .containsExactlyInAnyOrder(
                        "submitJobs /jobs/batch 202 allowed",
                        "job.pending " + job + " null allowed",
                        "job.refused /jobs/batch#1 null failed"));
  }

  @Test
  void jobsAreCancelledByWhatTheyHaveInCommon() {
    var customer = Customer.of(admin, "free");
    var client = customer.client();
    var pay = submit(client, "claude", "{\"team\":\"pay\",\"env\":\"a\"}");
    var other = submit(client, "claude", "{\"team\":\"pay\",\"env\":\"b\"}");
    var codex = submit(client, "codex", "{\"team\":\"pay\",\"env\":\"a\"}");
    var stranger = Customer.of(admin, "free").client();
    var theirs = submit(stranger, "claude", "{\"team\":\"pay\",\"env\":\"a\"}");

    var filter = "{\"labels\":{\"team\":\"pay\",\"env\":\"a\"},\"agent\":\"claude\"}";
    assertThat(keyed(client, "/jobs/cancel", filter, "c").body())
        .isIn("{\"cancelled\":1,\"more\":false}", "{\"more\":false,\"cancelled\":1}");
    assertThat(keyed(client, "/jobs/cancel", filter, "c").json().get("cancelled").asInt())
        .isEqualTo(1);
    assertThat(cancel(client, filter)).isZero();
    assertThat(status(client, pay)).isEqualTo("cancelled");
    assertThat(status(client, other)).isEqualTo("pending");
    assertThat(status(client, codex)).isEqualTo("pending");
    assertThat(cancel(client, "{\"status\":[\"running\"]}")).isZero();
    assertThat(cancel(client, "{}")).isEqualTo(2);
    assertThat(status(stranger, theirs)).isEqualTo("pending");
    for (var wrong :
        List.of(
            "{\"status\":[\"succeeded\"]}",
            "{\"status\":[]}",
            "{\"agent\":\"nobody\"}",
            "{\"labels\":{\"T\":\"x\"}}",
            "{\"job_ids\":[]}")) {
      assertThat(client.post("/jobs/cancel", wrong).status()).as(wrong).isEqualTo(400);
    }
    // The quota got all three units back.
    assertThat(statuses(client.post("/jobs/batch", batch(11))))
        .filteredOn(status -> status == 202)
        .hasSize(10);
    org.awaitility.Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(
                        client.get(customer.path("/audit?action=job.cancelled")).json().get("data"))
                    .hasSize(3));
  }

  @Test
  void aKeyCancelsJobsOfItsOwnMode() {
    var customer = Customer.of(admin, "enterprise");
    var test =
        customer
            .client()
            .with(Customer.newKey(admin, customer.tenantId(), "\"mode\":\"test\"").text("key"));
    var live = submit(customer.client(), "claude", "{}");
    var played = submit(test, "claude", "{}");
    assertThat(cancel(test, "{}")).isEqualTo(1);
    assertThat(status(test, played)).isEqualTo("cancelled");
    assertThat(status(customer.client(), live)).isEqualTo("pending");
  }

  @Test
  void moreThanAThousandAreCancelledInParts() {
    var customer = Customer.of(admin, "enterprise");
    var client = customer.client();
    copy(submit(client, "claude", "{}"), customer.tenantId(), 1099);
    var inParts = new ArrayList<Integer>();
    JsonNode answer;
    do {
      answer = client.post("/jobs/cancel", "{\"agent\":\"claude\"}").json();
      inParts.add(answer.get("cancelled").asInt());
    } while (answer.get("more").asBoolean());
    assertThat(inParts).hasSizeGreaterThan(1).allMatch(part -> part <= 1000);
    assertThat(inParts.stream().mapToInt(part -> part).sum()).isEqualTo(1100);
    assertThat(client.get("/jobs?status=pending").json().get("data")).isEmpty();
  }

  /**
   * Writes copies of a pending job directly to the table, which is ten times as fast as submitting
   * them.
   */
  private void copy(String jobId, String tenantId, int times) {
    var table = apis.table("jobs");
    var key = Map.of("tenant_id", Items.text(tenantId), "job_id", Items.text(jobId));
    var job =
        apis.clients()
            .dynamoDb()
            .getItem(g -> g.tableName(table).key(key).consistentRead(true))
            .item();
    var puts = new ArrayList<WriteRequest>();
    for (int i = 0; i < times; i++) {
      var copy = new HashMap<>(job);
      var id = Ids.ulid();
      copy.replaceAll(
          (name, value) -> value.s() == null ? value : Items.text(value.s().replace(jobId, id)));
      puts.add(WriteRequest.builder().putRequest(p -> p.item(copy)).build());
    }
    for (int i = 0; i < puts.size(); i += MOST_AT_ONCE) {
      var part = puts.subList(i, Math.min(i + MOST_AT_ONCE, puts.size()));
      var written =
          apis.clients().dynamoDb().batchWriteItem(b -> b.requestItems(Map.of(table, part)));
      assertThat(written.unprocessedItems()).isEmpty();
    }
  }

  /** Deletes the stored answer, as if the process had died before it answered. */
  private void forgetWholeAnswer(Customer customer) {
    var table = apis.table("idempotency");
    var found =
        apis.clients().dynamoDb().scanPaginator(s -> s.tableName(table)).items().stream()
            .filter(item -> item.get("request_key").s().startsWith(customer.tenantId() + "#"))
            .filter(item -> item.get("request_key").s().chars().filter(c -> c == '#').count() == 2)
            .toList();
    assertThat(found).hasSize(1);
    apis.clients()
        .dynamoDb()
        .deleteItem(
            d ->
                d.tableName(table)
                    .key(
                        Map.of(
                            "request_key", Items.text(found.getFirst().get("request_key").s()))));
  }

  private List<String> audited(Customer customer, String requestId) {
    return stream(customer.client().get(customer.path("/audit?limit=100")).json().get("data"))
        .filter(entry -> entry.get("request_id").asText().equals(requestId))
        .map(
            entry ->
                "%s %s %s %s"
                    .formatted(
                        entry.get("action").asText(),
                        entry.get("resource").asText(),
                        entry.get("status").asText(),
                        entry.get("outcome").asText()))
        .toList();
  }

  private static JsonNode data(List<Answer> answers) {
    return answers.getFirst().json().get("data");
  }

  private static Answer keyed(Client client, String body, String key) {
    return keyed(client, "/jobs/batch", body, key);
  }

  private static Answer keyed(Client client, String path, String body, String key) {
    return client.json("POST", path, body, "Idempotency-Key", key);
  }

  private static int cancel(Client client, String filter) {
    var answer = client.post("/jobs/cancel", filter);
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    return answer.json().get("cancelled").asInt();
  }

  private static String status(Client client, String job) {
    return client.get("/jobs/" + job).text("status");
  }

  private static String submit(Client client, String agent, String labels) {
    return client.submit(
        "{\"agent\":\"%s\",\"command\":\"Wait\",\"labels\":%s}".formatted(agent, labels));
  }

  private static String batch(int jobs) {
    return batch(Stream.generate(() -> JOB).limit(jobs).toArray(String[]::new));
  }

  private static String batch(String... jobs) {
    return Stream.of(jobs).collect(Collectors.joining(",", "{\"jobs\":[", "]}"));
  }

  private static List<Integer> statuses(Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    return stream(answer.json().get("data")).map(part -> part.get("status").asInt()).toList();
  }

  private static List<String> fields(JsonNode part) {
    return stream(part.at("/problem/errors")).map(error -> error.get("field").asText()).toList();
  }

  private static Stream<JsonNode> stream(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }
}
