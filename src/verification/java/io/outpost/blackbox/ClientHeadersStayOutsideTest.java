package io.outpost.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/**
 * Headers from a client, including its key, appear in no answer and no queue. The API has no
 * worker, so that the messages stay in the queue.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class ClientHeadersStayOutsideTest {

  private static final String CANARY = "canary-5f0a";
  private static final Set<String> ANSWERED =
      Set.of(
          "cache-control",
          "connection",
          "content-length",
          "content-security-policy",
          "content-type",
          "date",
          "keep-alive",
          "location",
          "ratelimit",
          "ratelimit-policy",
          "referrer-policy",
          "transfer-encoding",
          "vary",
          "x-content-type-options",
          "x-request-id");

  private final AwsClients clients;
  private final LocalOutpost api;
  private final Client acme;

  ClientHeadersStayOutsideTest(EmbeddedAws aws) {
    clients = aws.clients();
    api =
        LocalOutpost.on(aws.endpoints(), "api", Map.of("server.port", 0, "outpost.env", "canary"));
    acme = Client.of(api.address()).with(api.adminKey()).newTenant("Acme");
  }

  @AfterEach
  void stop() {
    api.close();
    clients.close();
  }

  @Test
  void noHeaderOfTheClientIsEchoedOrQueued() {
    var headers =
        Map.of(
            "Content-Type", "application/json",
            "X-Canary", CANARY,
            "CamelHttpResponseCode", "299",
            "CamelFileName", CANARY,
            "Cookie", "session=" + CANARY,
            "queue", "jobs-high",
            "User-Agent", "test");
    var body =
        BodyPublishers.ofString("{\"agent\":\"claude\",\"command\":\"x\",\"priority\":\"low\"}");
    var answer = acme.send("POST", "/jobs?", headers, body);

    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.body()).doesNotContain(CANARY, acme.key());
    assertThat(lowerCase(answer.headers().map().keySet())).isSubsetOf(ANSWERED);

    var job = taken("jobs-low");
    assertThat(job.messageAttributes()).isEmpty();
    assertThat(job.body()).contains(answer.text("job_id")).doesNotContain(CANARY, acme.key());
    var entries = taken("audit");
    assertThat(entries.messageAttributes()).isEmpty();
    assertThat(entries.body()).doesNotContain(CANARY, acme.key());
  }

  @Test
  void theRequestIdIsTheCallersWhenItCanBeOne() {
    assertThat(requestIdFor("order-66.retry_2")).isEqualTo("order-66.retry_2");
    for (var bad : List.of("two words", "x".repeat(129), "<script>")) {
      assertThat(requestIdFor(bad)).matches("[0-9A-HJKMNP-TV-Z]{26}");
    }
  }

  /** Lets a client check that it got the whole answer. */
  @Test
  void aSmallAnswerSaysHowLongItIs() {
    var answer = acme.get("/jobs");
    assertThat(answer.header("Content-Length")).isEqualTo(Integer.toString(answer.body().length()));
  }

  private String requestIdFor(String given) {
    var headers = Map.of("X-Request-Id", given);
    return acme.send("GET", "/jobs", headers, BodyPublishers.noBody()).header("X-Request-Id");
  }

  /** Receives the next message of a queue, with all attributes. */
  private Message taken(String queue) {
    var url =
        clients.sqs().getQueueUrl(q -> q.queueName("outpost-" + queue + "-canary")).queueUrl();
    return await()
        .until(
            () ->
                clients
                    .sqs()
                    .receiveMessage(
                        r ->
                            r.queueUrl(url)
                                .messageAttributeNames("All")
                                .messageSystemAttributeNames(MessageSystemAttributeName.ALL))
                    .messages(),
            messages -> !messages.isEmpty())
        .getFirst();
  }

  private static Set<String> lowerCase(Set<String> names) {
    var lower = new TreeSet<String>();
    names.forEach(name -> lower.add(name.toLowerCase(Locale.ROOT)));
    return lower;
  }
}
