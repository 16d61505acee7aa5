package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.outpost.aws.Queues;
import io.outpost.job.Job;
import io.outpost.job.JobBuilder;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What a client is told about a job's start is a time that may come, or nothing. */
class EstimatesTest {

  private final Queues queues = mock(Queues.class);
  private final Estimates estimates = new Estimates(queues);

  @Test
  void whereNothingMovesAnyMoreThereIsNoEstimate() {
    waiting(100);
    waiting(50);
    assertThat(estimated()).isNotNull();
    for (int i = 0; i < 300; i++) {
      waiting(50);
    }
    assertThat(estimated()).isNull();
  }

  private void waiting(long jobs) {
    when(queues.waiting(anyString())).thenReturn(jobs);
    estimates.measure();
  }

  private Instant estimated() {
    var job =
        JobBuilder.builder()
            .jobId("01ARZ3NDEKTSV4RRFFQ69G5FAV")
            .tenantId("6f1c1d1e-0000-4000-8000-000000000001")
            .agent("claude")
            .command("Say hello")
            .priority("low")
            .timeoutSeconds(60)
            .mode("live")
            .status(Job.Status.pending)
            .createdAt(Instant.now())
            .build();
    return estimates.estimate(job).estimatedStart();
  }
}
