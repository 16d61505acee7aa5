package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.blackbox.Client;
import io.outpost.worker.ImpatientOutpost.Impatient;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A job that the platform cannot run, here because its agent's program is missing, becomes a dead
 * letter.
 */
@Tag("product")
@ExtendWith(ImpatientOutpost.class)
class P08DeadLettersTest {

  private static final String ALL = "{}";

  private final Impatient impatient;
  private final Client tenant;

  P08DeadLettersTest(Impatient impatient) {
    this.impatient = impatient;
    this.tenant = impatient.tenant("free");
  }

  @Test
  void isADeadLetterAfterThreeAttemptsAndRunsOnceTheFaultIsMended() throws Exception {
    Files.delete(impatient.removableAgent());
    var jobId = tenant.submit("grok", "Say hello");
    assertThat(used()).isOne();

    var dead = tenant.ended(jobId);
    assertIsDead(dead);
    assertThat(listed()).contains(jobId);
    assertThat(actions(dead))
        .containsExactly(
            "job.running",
            "job.pending",
            "job.running",
            "job.pending",
            "job.running",
            "job.pending",
            "job.dead_letter");
    awaitNotices(jobId, 1);
    assertThat(archived(dead)).contains(jobId).doesNotContain("Say hello");

    assertThat(twiceAtOnce(named(jobId))).isOne();
    assertIsDead(tenant.ended(jobId));
    awaitNotices(jobId, 2);

    var unused = ImpatientOutpost.putInPlace(impatient.removableAgent());
    assertThat(twiceAtOnce(ALL)).isOne();
    var mended = tenant.ended(jobId);
    assertThat(mended.get("status").asText()).isEqualTo("succeeded");
    assertThat(mended.get("attempts").asInt()).isOne();
    assertThat(used()).isOne();
    assertThat(listed()).doesNotContain(jobId);
    assertThat(redrive(named(jobId))).isZero();
    assertThat(redrive(ALL)).isZero();
    assertThat(actions(mended).stream().filter("job.succeeded"::equals)).hasSize(1);
  }

  private void assertIsDead(JsonNode job) {
    assertThat(job.get("status").asText()).isEqualTo("dead_letter");
    assertThat(job.get("attempts").asInt()).isEqualTo(3);
    assertThat(job.at("/error/code").asText()).isEqualTo("platform-failed");
    assertThat(used()).as("counted against the quota").isZero();
  }

  private int used() {
    return tenant.get("/billing/usage").json().get("used").asInt();
  }

  private List<String> listed() {
    return impatient
        .operator()
        .get("/admin/dead-letters?limit=100")
        .json()
        .get("data")
        .findValuesAsText("job_id");
  }

  private int twiceAtOnce(String which) throws Exception {
    var redriven = new AtomicInteger();
    AtOnce.Step redrive = () -> redriven.addAndGet(redrive(which));
    AtOnce.run(List.of(redrive, redrive));
    return redriven.get();
  }

  private int redrive(String which) {
    var answer = impatient.operator().post("/admin/dead-letters/redrive", which);
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    return answer.json().get("redriven").asInt();
  }

  private static String named(String jobId) {
    return "{\"job_ids\":[\"%s\"]}".formatted(jobId);
  }

  private void awaitNotices(String jobId, int count) {
    await()
        .untilAsserted(
            () ->
                assertThat(impatient.aws().published())
                    .filteredOn(notice -> notice.message().contains(jobId))
                    .hasSize(count));
  }

  private String archived(JsonNode job) {
    var key =
        "dead-letters/%s/%s.json"
            .formatted(job.get("tenant_id").asText(), job.get("job_id").asText());
    try (var clients = impatient.aws().clients()) {
      return clients
          .s3()
          .getObjectAsBytes(g -> g.bucket("outpost-audit-local").key(key))
          .asUtf8String();
    }
  }

  private List<String> actions(JsonNode job) {
    var resource = "/jobs/" + job.get("job_id").asText();
    var tenantId = AttributeValue.fromS(job.get("tenant_id").asText());
    try (var clients = impatient.aws().clients()) {
      return clients
          .dynamoDb()
          .queryPaginator(
              q ->
                  q.tableName("outpost-audit-local")
                      .keyConditionExpression("tenant_id = :t")
                      .expressionAttributeValues(Map.of(":t", tenantId)))
          .items()
          .stream()
          .filter(entry -> entry.containsKey("resource"))
          .filter(entry -> entry.get("resource").s().equals(resource))
          .map(entry -> entry.get("action").s())
          .filter(action -> action.startsWith("job."))
          .toList();
    }
  }
}
