package io.outpost.worker;

import io.outpost.job.JobMessage;
import io.outpost.job.JobWaits;
import io.outpost.job.StoredJob;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.ExchangeProperty;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** Parks jobs that cannot run now, and creates the messages that send jobs again. Stateless. */
@Profile({"worker", "local"})
@Component("jobRequeuer")
public class JobRequeuer {

  private static final int LONGEST_DELAY = 900;
  private static final Duration LONGEST_UNWATCHED = Duration.ofMinutes(15);

  private final JobWaits waits;
  private final WorkerSettings settings;

  JobRequeuer(JobWaits waits, WorkerSettings settings) {
    this.waits = waits;
    this.settings = settings;
  }

  /**
   * Parks a job, without a message, until its tenant's slot or workspace is free; does nothing when
   * it is free already. In case nothing wakes the job, the sweeper checks it again after as long as
   * it has waited so far.
   */
  public JobWaits.Parked park(
      @ExchangeProperty("stored") StoredJob stored,
      @ExchangeProperty("waitingReason") String reason) {
    var now = Instant.now();
    var waited = Duration.between(stored.job().createdAt(), now);
    var pause = waited.compareTo(LONGEST_UNWATCHED) < 0 ? waited : LONGEST_UNWATCHED;
    var watched = pause.compareTo(settings.lease()) < 0 ? settings.lease() : pause;
    return waits.park(stored, reason, now.plus(watched));
  }

  /** The message of a retry, by which no other job may run. */
  public JobMessage retryMessage(
      @ExchangeProperty("message") JobMessage message, @ExchangeProperty("run") Run run) {
    return withHolds(message, run.job().attempts());
  }

  /** The message of a job that starts anew, without the count of earlier waits. */
  public JobMessage freshMessage(@ExchangeProperty("message") JobMessage message) {
    return withHolds(message, 0);
  }

  /**
   * Seconds until the next attempt after a fault of the platform: longer each time, plus up to a
   * quarter at random, so that jobs that failed together are not retried together.
   */
  public int retryDelay(@ExchangeProperty("run") Run run) {
    return delay(run.job().attempts());
  }

  int delay(int attempts) {
    var delay = settings.retryAfter().toSeconds() << (2 * (attempts - 1));
    var more = ThreadLocalRandom.current().nextLong(delay / 4 + 1);
    return (int) Math.min(delay + more, LONGEST_DELAY);
  }

  /** Whether the job has had all its attempts. */
  public boolean isLastAttempt(@ExchangeProperty("run") Run run) {
    return run.job().attempts() >= settings.attempts();
  }

  private static JobMessage withHolds(JobMessage message, int holds) {
    return new JobMessage(
        message.tenantId(), message.jobId(), message.priority(), message.traceParent(), holds);
  }
}
