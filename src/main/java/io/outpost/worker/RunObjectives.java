package io.outpost.worker;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.job.Job;
import io.outpost.telemetry.Objective;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Measures runs against the service-level objectives of jobs. Only Outpost's own time counts, not
 * the agent's. Left out are jobs that were held; jobs with a workspace, a repository, inputs or a
 * start time; jobs on workers that serve only some tenants; and test jobs, because many quick test
 * jobs would hide slow live ones. Stateless.
 */
@Profile({"worker", "local"})
@Component
class RunObjectives {

  /**
   * The length of the timeline of a job that was not held: submitted, queued, running. In a longer
   * one the job was held or released.
   */
  private static final int MOMENTS = 3;

  private final Tenancy tenancy;
  private final MeterRegistry meters;
  private final Clock clock;

  RunObjectives(Tenancy tenancy, MeterRegistry meters, Clock clock) {
    this.tenancy = tenancy;
    this.meters = meters;
    this.clock = clock;
  }

  /** Records the start of the agent. */
  void started(Run run) {
    var slotFree = run.slotFreeSince();
    if (slotFree == null || !isOurs(run.job()) || run.claimed().moments() > MOMENTS) {
      return;
    }
    var accepted = run.job().createdAt();
    var took = since(slotFree.isAfter(accepted) ? slotFree : accepted);
    run.dispatched(took);
    Objective.DISPATCH.took(meters, took);
  }

  /** Records that the end of the job is about to be written. */
  void ending(Run run) {
    run.ending(clock.instant());
  }

  /** Records that the end of the job is written. */
  void ended(Run run) {
    if (!isOurs(run.job())) {
      return;
    }
    var dispatched = run.dispatched();
    if (run.job().attempts() > 1) {
      Objective.END_TO_END.missed(meters);
    } else if (dispatched != null) {
      var ending = since(run.ending(clock.instant()));
      Objective.END_TO_END.took(meters, dispatched.plus(run.keptOutput()).plus(ending));
    }
  }

  private boolean isOurs(Job job) {
    return !job.isTest()
        && tenancy.isForAll()
        && job.workspace() == null
        && job.repository() == null
        && job.inputs().isEmpty()
        && job.startAfter() == null;
  }

  private Duration since(Instant then) {
    return Duration.between(then, clock.instant());
  }
}
