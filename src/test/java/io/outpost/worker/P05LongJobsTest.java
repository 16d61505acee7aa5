package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.worker.ImpatientOutpost.Impatient;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageResponse;

/** Jobs that run for longer than a message stays hidden. */
@Tag("product")
@ExtendWith(ImpatientOutpost.class)
class P05LongJobsTest {

  private final Impatient impatient;
  private final Client tenant;

  P05LongJobsTest(Impatient impatient) {
    this.impatient = impatient;
    this.tenant = impatient.tenant("pro");
  }

  @Test
  void aJobOfThreeVisibilityTimeoutsIsDeliveredOnce() {
    var jobId = tenant.submit("claude", "sleep " + 3 * ImpatientOutpost.LEASE);
    var job = tenant.ended(jobId);
    assertThat(job.get("status").asText()).isEqualTo("succeeded");
    assertThat(job.get("attempts").asInt()).isOne();
    assertThat(deliveries(jobId)).isOne();
    assertThat(
            impatient.calls().seen().stream()
                .filter(call -> isTransactionOn(call.request(), jobId)))
        .as(
            "submission, claim and finish: heartbeats are most writes, and a transaction is twice the price")
        .hasSize(3);
    assertThat(impatient.calls().seen().stream().filter(call -> isRenewal(call.request(), jobId)))
        .hasSizeGreaterThan(4);
  }

  @Test
  void anAgentWhoseHeartbeatFailsIsGoneBeforeAnotherMayStart() {
    var seconds = 6173;
    var jobId = tenant.submit("claude", "sleep " + seconds);
    await().until(() -> Impatient.runs("sleep " + seconds));
    var claimed = new AtomicBoolean();
    var tooEarly = new AtomicBoolean();
    impatient
        .calls()
        .fail(
            call -> {
              if (isTransactionOn(call, jobId)) {
                claimed.set(true);
                tooEarly.compareAndSet(false, Impatient.runs("sleep " + seconds));
              }
              return !claimed.get() && isRenewal(call, jobId);
            });
    await().until(() -> attempts(jobId) == 2);
    await().until(() -> Impatient.runs("sleep " + seconds));
    impatient.calls().work();
    assertThat(tooEarly).as("the agent still ran").isFalse();
    assertThat(attempts(jobId)).isEqualTo(2);
    assertThat(tenant.delete("/jobs/" + jobId).status()).isEqualTo(200);
    await().until(() -> !Impatient.runs("sleep " + seconds));
  }

  @Test
  void aJobOfMoreThanTwelveHoursIsRefused() {
    var body = "{\"agent\":\"claude\",\"command\":\"Say hello\",\"timeout_seconds\":43201}";
    assertThat(tenant.post("/jobs", body).status()).isEqualTo(400);
  }

  private static boolean isTransactionOn(SdkRequest call, String jobId) {
    return call instanceof TransactWriteItemsRequest transaction
        && transaction.transactItems().stream()
            .anyMatch(
                item ->
                    item.toString().contains("outpost-jobs-") && item.toString().contains(jobId));
  }

  private static boolean isRenewal(SdkRequest call, String jobId) {
    return call instanceof UpdateItemRequest update
        && update.tableName().contains("-jobs-")
        && update.updateExpression().contains("lease_until")
        && update.key().get("job_id").s().equals(jobId);
  }

  private long deliveries(String jobId) {
    return impatient.calls().seen().stream()
        .filter(call -> call.response() instanceof ReceiveMessageResponse)
        .flatMap(call -> ((ReceiveMessageResponse) call.response()).messages().stream())
        .filter(message -> message.body().contains(jobId) && message.body().contains("holds"))
        .count();
  }

  private int attempts(String jobId) {
    return tenant.get("/jobs/" + jobId).json().get("attempts").asInt();
  }
}
