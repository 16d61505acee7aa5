package io.outpost.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.job.Job;
import io.outpost.job.JobItems;
import io.outpost.job.JobLease;
import io.outpost.job.JobMessage;
import io.outpost.job.JobTransition;
import io.outpost.job.JobTransitions;
import io.outpost.job.StoredJob;
import io.outpost.job.TenantSlots;
import io.outpost.job.TransitionRefused;
import io.outpost.kernel.Ids;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Takes jobs: one conditional transaction, so that of any number of deliveries one runs the job.
 * Thread-safe.
 */
@Profile({"worker", "local"})
@Component("claims")
@EnableConfigurationProperties(WorkerSettings.class)
public class Claims {

  private static final int MOST_TRIES = 3;

  private final DueJobs due;
  private final JobItems jobs;
  private final JobTransitions transitions;
  private final TenantSlots slots;
  private final ObjectMapper mapper;
  private final WorkerSettings settings;

  Claims(
      DueJobs due,
      JobItems jobs,
      JobTransitions transitions,
      TenantSlots slots,
      ObjectMapper mapper,
      WorkerSettings settings) {
    this.due = due;
    this.jobs = jobs;
    this.transitions = transitions;
    this.slots = slots;
    this.mapper = mapper;
    this.settings = settings;
  }

  /**
   * What a delivery may do: run the job, wait for a slot of the tenant, for the workspace or for
   * the tenant's return, end it as cancelled or as a dead letter, or nothing.
   */
  public enum Decision {
    run,
    hold,
    withdrawn,
    exhausted,
    drop
  }

  /** Reads the message: which job it brings. */
  public JobMessage read(@Body String message) throws JsonProcessingException {
    return mapper.readValue(message, JobMessage.class);
  }

  /**
   * Decides about a delivery; on {@code run} the property {@code run} holds the run under its
   * lease, on {@code hold} the property {@code waitingReason} says what for.
   */
  public Decision claim(@Body JobMessage message, Exchange exchange) {
    var found = due.find(message);
    if (found.job().isEmpty()) {
      return Decision.drop;
    }
    var stored = jobs.read(found.job());
    var job = stored.job();
    exchange.setProperty("job", job);
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    if (job.status().isTerminal() || isLeased(stored, now)) {
      return Decision.drop;
    }
    if (job.attempts() >= settings.attempts()) {
      return Decision.exhausted;
    }
    return switch (found.standing()) {
      case deleted -> Decision.withdrawn;
      case suspended -> hold("tenant-suspended", exchange);
      default -> take(stored, now, exchange);
    };
  }

  private Decision take(StoredJob stored, Instant now, Exchange exchange) {
    var lease = new JobLease(Ids.ulid(), now.plus(settings.lease()));
    var claim = new JobTransition.Claimed(stored, lease, now);
    for (int tries = 1; ; tries++) {
      try {
        var entry = transitions.apply(claim);
        var run = new Run(new StoredJob(claim.job(), stored.details(), lease));
        run.leased(now, settings.lease());
        exchange.setProperty("run", run);
        exchange.setProperty("job", run.job());
        exchange.setProperty("transition", entry);
        return Decision.run;
      } catch (TransitionRefused refused) {
        switch (refused.reason()) {
          case JOB_MOVED -> {
            return Decision.drop;
          }
          case WORKSPACE_BUSY -> {
            return hold("workspace", exchange);
          }
          default -> {
            if (tries == MOST_TRIES || !slots.freeExpired(refused.item(), now)) {
              return hold("tenant-limit", exchange);
            }
          }
        }
      }
    }
  }

  private static Decision hold(String reason, Exchange exchange) {
    exchange.setProperty("waitingReason", reason);
    return Decision.hold;
  }

  private static boolean isLeased(StoredJob stored, Instant now) {
    return stored.job().status() == Job.Status.running && !stored.lease().until().isBefore(now);
  }
}
