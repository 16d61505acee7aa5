package io.outpost.job;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.telemetry.Metric;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Counts each written transition and logs it in one line, without the task. Stateless. */
@Component
class JobSignals {

  private static final Logger LOG = LoggerFactory.getLogger(JobSignals.class);

  private final MeterRegistry meters;

  JobSignals(MeterRegistry meters) {
    this.meters = meters;
  }

  /** Records a written transition. */
  void written(JobTransition transition) {
    var name = name(transition);
    if (name == null) {
      return;
    }
    var job = transition.job();
    var lane = job.priority();
    Metric.JOB_TRANSITIONS.counter(meters, name, lane).increment();
    attemptEnded(transition);
    if (transition instanceof JobTransition.Claimed && job.attempts() == 1) {
      Metric.JOB_WAIT
          .timer(meters, lane)
          .record(Duration.between(job.createdAt(), job.startedAt()));
    }
    if (transition instanceof JobTransition.Finished) {
      Metric.JOB_RUN
          .timer(meters, job.agent(), name)
          .record(Duration.between(job.startedAt(), job.completedAt()));
    }
    if (job.status().isTerminal() && job.completedAt() != null) {
      Metric.JOB_WHOLE
          .timer(meters, lane, name)
          .record(Duration.between(job.createdAt(), job.completedAt()));
    }
    LOG.atInfo()
        .addKeyValue("tenant_id", job.tenantId())
        .addKeyValue("job_id", job.jobId())
        .addKeyValue("attempt", job.attempts())
        .addKeyValue("request_id", transition.requestId())
        .addKeyValue("transition", name)
        .log("Job {}", name);
  }

  /** Records a refused transition. */
  void refused(TransitionRefused.Reason reason) {
    Metric.JOB_REFUSALS.counter(meters, reason.name().toLowerCase(Locale.ROOT)).increment();
  }

  /** Counts attempts that ended without ending the job, by their reason. */
  private void attemptEnded(JobTransition transition) {
    var reason =
        switch (transition) {
          case JobTransition.Released t -> "worker-stops";
          case JobTransition.Retried t -> "platform-fault";
          case JobTransition.Claimed t when t.from().job().status() == Job.Status.running ->
              "worker-lost";
          default -> null;
        };
    if (reason != null) {
      Metric.ATTEMPTS_ENDED.counter(meters, reason).increment();
    }
  }

  private static @Nullable String name(JobTransition transition) {
    return switch (transition) {
      case JobTransition.Submitted t -> "submitted";
      case JobTransition.Claimed t -> "claimed";
      case JobTransition.Renewed t -> null;
      case JobTransition.Finished t -> t.job().status().toString();
      case JobTransition.Released t -> "released";
      case JobTransition.Retried t -> "retried";
      case JobTransition.DeadLettered t -> "dead_letter";
      case JobTransition.Cancelled t -> "cancelled";
      case JobTransition.Redriven t -> "redriven";
    };
  }
}
