package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.blackbox.Client;
import io.outpost.worker.ImpatientOutpost.Impatient;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.sqs.model.SqsRequest;

/** AWS fails for a moment while an agent runs or has just ended, and the agent's work is kept. */
@Tag("product")
@ExtendWith(ImpatientOutpost.class)
class P22StorageDownTest {

  private final Impatient impatient;
  private final Client tenant;

  P22StorageDownTest(Impatient impatient) {
    this.impatient = impatient;
    this.tenant = impatient.tenant("pro");
  }

  @Test
  void outputThatCannotBeStoredAtTheEndIsStoredLaterByTheSameAttempt() {
    endsOnceAlthoughTheFirstCallsFail(call -> call instanceof PutObjectRequest, "Say hello");
  }

  @Test
  void outputThatCannotBeStoredInBetweenDisturbsNobody() {
    endsOnceAlthoughTheFirstCallsFail(
        call -> call instanceof PutObjectRequest, "print 1k bytes sleep 4");
  }

  @Test
  void anEndThatCannotBeWrittenIsWrittenLaterByTheSameAttempt() {
    endsOnceAlthoughTheFirstCallsFail(
        call ->
            call instanceof TransactWriteItemsRequest write && write.toString().contains("ledger#"),
        "Say hello");
  }

  @Test
  void aDeliveryThatCannotBeDecidedComesAgainWhichIsNoAttempt() {
    endsOnceAlthoughTheFirstCallsFail(
        call -> call instanceof QueryRequest choice && "waiting".equals(choice.indexName()),
        "Say hello");
  }

  @Test
  void aQueueThatIsDownDisturbsNoAgentAndNoEnd() {
    var jobId = tenant.submit("claude", "sleep " + 2 * ImpatientOutpost.LEASE);
    await().until(() -> tenant.get("/jobs/" + jobId).text("status").equals("running"));
    impatient.calls().fail(call -> call instanceof SqsRequest);
    var job = ended(jobId);
    assertThat(job.get("status").asText()).isEqualTo("succeeded");
    assertThat(job.get("attempts").asInt()).isOne();
    assertThat(tenant.get("/billing/usage").json().get("used").asInt()).isOne();
  }

  @Test
  void outputThatCannotBeStoredForLongMakesTheAttemptFail() {
    impatient.calls().fail(call -> call instanceof PutObjectRequest);
    var jobId = tenant.submit("claude", "Say hello");
    await().until(() -> tenant.get("/jobs/" + jobId).text("waiting_reason").equals("retry"));
    impatient.calls().work();
    var job = ended(jobId);
    assertThat(job.get("status").asText()).isEqualTo("succeeded");
    assertThat(job.get("attempts").asInt()).isGreaterThan(1);
    assertThat(tenant.get("/billing/usage").json().get("used").asInt()).isOne();
  }

  private JsonNode ended(String jobId) {
    return await()
        .until(
            () -> tenant.get("/jobs/" + jobId).json(),
            j -> !List.of("pending", "running").contains(j.get("status").asText()));
  }

  private void endsOnceAlthoughTheFirstCallsFail(Predicate<SdkRequest> calls, String task) {
    var failed = new AtomicInteger();
    impatient.calls().fail(call -> calls.test(call) && failed.incrementAndGet() <= 2);
    var jobId = tenant.submit("claude", task);
    var job = ended(jobId);
    assertThat(failed).as("calls that failed").hasValueGreaterThan(2);
    assertThat(job.get("status").asText()).isEqualTo("succeeded");
    assertThat(job.get("attempts").asInt()).isOne();
    var output = tenant.get("/jobs/" + jobId + "/output").body();
    assertThat(output)
        .contains("demo claude: run 1 in this directory")
        .contains("demo claude: done");
    assertThat(tenant.get("/billing/usage").json().get("used").asInt()).isOne();
  }
}
