package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.aws.AwsProbe;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequest;

/** Counts a job's calls to AWS, each of which costs money and time. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class WorkerCallsTest {

  private static final int JOBS = 20;

  private static final List<String> JOBS_THINGS = List.of("outpost-jobs-", "outpost-output-");

  private final AwsProbe probe;
  private final Customer customer;

  WorkerCallsTest(LocalOutpost outpost) {
    this.probe = outpost.context().getBean(AwsProbe.class);
    this.customer =
        Customer.of(Client.of(outpost.address()).with(outpost.adminKey()), "enterprise");
  }

  @Test
  void aShortJobCostsAReadAClaimAFinishItsFilesAndItsShareOfADelete() {
    var earlier = probe.record(call -> deleted(call) > 0);
    submit(1);
    // Waits until the messages of earlier jobs are deleted.
    await().until(() -> deleted(earlier.stream()) > 0);

    var calls = probe.record(this::isOfTheJobs);
    var choices =
        probe.record(
            call -> call.request() instanceof QueryRequest q && "waiting".equals(q.indexName()));
    submit(JOBS);
    await()
        .until(
            () ->
                deleted(calls.stream()) == JOBS && count(calls, "TransactWriteItems") >= 3 * JOBS);

    assertThat(count(calls, "SendMessage")).isEqualTo(JOBS);
    assertThat(count(calls, "BatchGetItem") + count(calls, "GetItem"))
        .as("reads of a job: the query that chooses it has brought it")
        .isLessThan(JOBS);
    assertThat(choices.size()).as("queries that choose").isBetween(1, 3 * JOBS);
    assertThat(count(calls, "TransactWriteItems"))
        .as("submission, claim and finish")
        .isEqualTo(3 * JOBS);
    assertThat(count(calls, "UpdateItem")).as("holds and sweeps").isZero();
    assertThat(count(calls, "GetSecretValue"))
        .as("that there is no key is remembered for seconds")
        .isLessThan(JOBS);
    // The demo agent leaves one artifact, so there is a manifest.
    assertThat(puts(calls, "artifact")).as("an artifact and the manifest").isEqualTo(2 * JOBS);
    // One output write, and further ones only if the agent runs for longer than a second.
    assertThat(puts(calls, "output-")).as("output").isBetween((long) JOBS, 2L * JOBS);
    assertThat(count(calls, "DeleteMessage")).as("deletes outside of batches").isZero();
  }

  private void submit(int jobs) {
    for (int i = 0; i < jobs; i++) {
      var unused = customer.client().submit("claude", "Say hello");
    }
  }

  private static long count(List<AwsProbe.Call> calls, String operation) {
    return calls.stream().filter(call -> call.operation().equals(operation)).count();
  }

  private static long puts(List<AwsProbe.Call> calls, String what) {
    return calls.stream()
        .filter(call -> call.operation().equals("PutObject") && call.mentions("/" + what))
        .count();
  }

  private static int deleted(Stream<AwsProbe.Call> calls) {
    return calls.mapToInt(WorkerCallsTest::deleted).sum();
  }

  private static int deleted(AwsProbe.Call call) {
    return call.request() instanceof DeleteMessageBatchRequest batch
            && batch.queueUrl().contains("-jobs-")
        ? batch.entries().size()
        : 0;
  }

  /** Whether a call concerns the customer's jobs; the audit's archive is shared by many calls. */
  private boolean isOfTheJobs(AwsProbe.Call call) {
    return deleted(call) > 0
        || JOBS_THINGS.stream().anyMatch(call::mentions) && call.mentions(customer.tenantId())
        || call.operation().equals("GetSecretValue") && call.mentions(customer.tenantId());
  }
}
