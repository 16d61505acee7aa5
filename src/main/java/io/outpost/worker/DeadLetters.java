package io.outpost.worker;

import io.outpost.job.Job;
import io.outpost.job.JobItems;
import io.outpost.job.JobMessage;
import io.outpost.job.JobTransition;
import io.outpost.job.JobTransition.Cancelled;
import io.outpost.job.JobTransition.DeadLettered;
import io.outpost.job.JobTransitions;
import io.outpost.job.StoredJob;
import io.outpost.job.TransitionRefused;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.BiFunction;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** Ends jobs that the platform could not or may no longer run. Stateless. */
@Profile({"worker", "local"})
@Component("deadLetters")
public class DeadLetters {

  private final JobItems jobs;
  private final JobTransitions transitions;
  private final WorkerSettings settings;

  DeadLetters(JobItems jobs, JobTransitions transitions, WorkerSettings settings) {
    this.jobs = jobs;
    this.transitions = transitions;
    this.settings = settings;
  }

  /**
   * Decides about a message of the dead-letter queue: {@code exhausted} when the job has had all
   * its attempts, {@code again} when it may run again, {@code drop} when it no longer waits.
   */
  public String judge(@ExchangeProperty("message") JobMessage message, Exchange exchange) {
    var found = jobs.find(message.tenantId(), message.jobId());
    if (found.isEmpty()) {
      return "drop";
    }
    var job = jobs.read(found).job();
    exchange.setProperty("job", job);
    if (job.status() != Job.Status.pending) {
      return "drop";
    }
    return job.attempts() >= settings.attempts() ? "exhausted" : "again";
  }

  /**
   * The dead letter's message, unchanged; when there is none, a message with the ids of the job.
   */
  public String raw(@ExchangeProperty("rawMessage") String raw, @ExchangeProperty("job") Job job) {
    return raw == null
        ? "{\"tenant_id\":\"%s\",\"job_id\":\"%s\"}".formatted(job.tenantId(), job.jobId())
        : raw;
  }

  /** The text of the notice to operators. */
  public String notice(@ExchangeProperty("job") Job job) {
    return "Job %s of tenant %s could not be run in %d attempts. POST /admin/dead-letters/redrive runs it again."
        .formatted(job.jobId(), job.tenantId(), job.attempts());
  }

  /**
   * Makes the job a dead letter and gives its quota back, unless the job has meanwhile ended,
   * started or got new attempts. The property {@code deathReason} gets the reason in one word.
   */
  public void bury(@ExchangeProperty("job") Job job, Exchange exchange) {
    end(
        job,
        exchange,
        (found, now) -> {
          var lost = found.job().status() == Job.Status.running;
          exchange.setProperty("deathReason", lost ? "worker-lost" : "platform-fault");
          return new DeadLettered(found, now, settings.attempts());
        });
  }

  /**
   * Cancels a job whose tenant was deleted before it ran, and gives its quota back, unless the job
   * has meanwhile ended or started.
   */
  public void withdraw(@ExchangeProperty("job") Job job, Exchange exchange) {
    end(
        job,
        exchange,
        (found, now) -> new Cancelled(found, now, found.details().requestId(), "tenant-deleted"));
  }

  private void end(
      Job job, Exchange exchange, BiFunction<StoredJob, Instant, JobTransition> transition) {
    exchange.removeProperty("transition");
    var found = jobs.find(job.tenantId(), job.jobId());
    if (found.isEmpty()) {
      return;
    }
    var end = transition.apply(jobs.read(found), Instant.now().truncatedTo(ChronoUnit.MILLIS));
    try {
      exchange.setProperty("transition", transitions.apply(end).entry());
      exchange.setProperty("job", end.job());
    } catch (TransitionRefused moved) {
      // The job has meanwhile ended, started or got new attempts.
    }
  }
}
