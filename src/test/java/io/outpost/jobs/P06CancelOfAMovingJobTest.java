package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.aws.AwsProbe;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/**
 * A job that is claimed or released between the read and the write of a cancellation is cancelled
 * in its new state, with a bounded number of attempts.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P06CancelOfAMovingJobTest {

  private final TwoApis apis;
  private final Customer customer;
  private final String job;
  private final AtomicInteger tries = new AtomicInteger();

  P06CancelOfAMovingJobTest(TwoApis apis) {
    this.apis = apis;
    this.customer = Customer.of(apis.admin(), "pro");
    var wish = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";
    this.job = "/jobs/" + customer.client().post("/jobs", wish).text("job_id");
  }

  @Test
  void aJobThatMovesOnIsCancelledAsItIsByThen() {
    try (var moving = moving(3)) {
      assertThat(customer.client().delete(job)).extracting(Client.Answer::status).isEqualTo(200);
    }
    assertThat(tries).hasValue(4);
    assertThat(customer.client().get(job).text("status")).isEqualTo("cancelled");
  }

  @Test
  void aJobThatNeverStandsStillIsLeftAsItIs() {
    try (var moving = moving(Integer.MAX_VALUE)) {
      var answer = customer.client().delete(job);
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.header("Retry-After")).isNotBlank();
    }
    assertThat(tries).hasValue(10);
    assertThat(customer.client().get(job).text("status")).isEqualTo("pending");
  }

  /** Makes the first transactions on this job fail with a conflict, the given number of times. */
  private AwsProbe.Watch moving(int times) {
    return apis.probe()
        .beforeEach(
            call -> {
              if (call.operation().equals("TransactWriteItems")
                  && call.mentions(job.substring("/jobs/".length()))
                  && tries.incrementAndGet() <= times) {
                throw TransactionCanceledException.builder()
                    .message("The job has moved on, for this test")
                    .cancellationReasons(
                        CancellationReason.builder().code("ConditionalCheckFailed").build())
                    .build();
              }
            });
  }
}
