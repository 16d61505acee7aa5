package io.outpost.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.outpost.job.Job;
import io.outpost.job.JobItems;
import io.outpost.job.JobLease;
import io.outpost.job.JobMessage;
import io.outpost.job.JobTransition;
import io.outpost.job.JobTransitions;
import io.outpost.job.StoredJob;
import io.outpost.job.TenantSlots;
import io.outpost.job.TransitionRefused;
import io.outpost.store.Items;
import io.outpost.telemetry.Tracing;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.support.SynchronizationAdapter;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Claims jobs by one conditional transaction: a job that is delivered several times still runs only
 * once. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("claims")
@EnableConfigurationProperties(WorkerSettings.class)
public class Claims {

  private static final int MOST_TRIES = 3;

  private final JobItems jobs;
  private final JobTransitions transitions;
  private final TenantSlots slots;
  private final ObjectMapper mapper;
  private final WorkerSettings settings;
  private final Tenancy tenancy;
  private final Tracing tracing;
  private final String worker;

  Claims(
      JobItems jobs,
      JobTransitions transitions,
      TenantSlots slots,
      ObjectMapper mapper,
      WorkerSettings settings,
      Tenancy tenancy,
      Tracing tracing,
      @Value("${outpost.worker.name}") String worker) {
    this.worker = worker;
    this.jobs = jobs;
    this.transitions = transitions;
    this.slots = slots;
    this.mapper = mapper;
    this.settings = settings;
    this.tenancy = tenancy;
    this.tracing = tracing;
  }

  /**
   * The decision about a job: run it here; leave it to other workers ({@code elsewhere}); let it
   * wait for a slot, its workspace or the end of a suspension ({@code hold}); cancel it, because
   * its tenant was deleted ({@code withdrawn}); make it a dead letter ({@code exhausted}); or drop
   * the message, because the job has ended or runs elsewhere. {@code none}: no job is left to
   * decide about.
   */
  public enum Decision {
    run,
    elsewhere,
    hold,
    withdrawn,
    exhausted,
    drop,
    none
  }

  /** Reads which job a message names. */
  public JobMessage read(@Body String message) throws JsonProcessingException {
    return mapper.readValue(message, JobMessage.class);
  }

  /**
   * Decides about a job: the waiting {@code candidate}, or its current state. On {@code run} the
   * property {@code run} has the run with its lease; on {@code hold} the property {@code
   * waitingReason} has the reason.
   */
  public Decision claim(@ExchangeProperty("message") JobMessage message, Exchange exchange) {
    if (message == null) {
      return Decision.none;
    }
    var stored = exchange.getProperty("candidate", StoredJob.class);
    if (stored == null) {
      var item = jobs.find(message.tenantId(), message.jobId());
      if (item.isEmpty()) {
        return Decision.drop;
      }
      stored = jobs.read(item);
    }
    exchange.setProperty("job", stored.job());
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    if (stored.job().status().isTerminal() || isLeased(stored, now)) {
      return Decision.drop;
    }
    if (stored.job().attempts() >= settings.attempts()) {
      return Decision.exhausted;
    }
    return tenancy.enter(stored) ? takeOrLeave(stored, now, exchange) : Decision.elsewhere;
  }

  private Decision takeOrLeave(StoredJob stored, Instant now, Exchange exchange) {
    var runs = false;
    try {
      var decision = take(stored, now, exchange);
      runs = decision == Decision.run;
      return decision;
    } finally {
      if (runs) {
        exchange.getExchangeExtension().addOnCompletion(new Leaving());
      } else {
        tenancy.leave(false);
      }
    }
  }

  /**
   * Ends the run's trace and tells the tenancy that the job has left, when the route has finished.
   */
  private final class Leaving extends SynchronizationAdapter {
    @Override
    public void onDone(Exchange exchange) {
      exchange.getProperty("run", Run.class).span().end();
      tenancy.leave(true);
    }
  }

  private Decision take(StoredJob found, Instant now, Exchange exchange) {
    var lease = JobLease.of(worker, now.plus(settings.lease()));
    var stored = found;
    for (int tries = 1; ; tries++) {
      exchange.setProperty("stored", stored);
      try {
        var claim = new JobTransition.Claimed(stored, lease, now);
        var entry = transitions.apply(claim).entry();
        var run = new Run(new StoredJob(claim.job(), found.details(), lease, found.moments() + 1));
        run.slotFreeSince(exchange.getProperty("slotFreeSince", Instant.class));
        run.leased(now, settings.lease());
        run.traced(span(run));
        exchange.setProperty("run", run);
        exchange.setProperty("job", run.job());
        exchange.setProperty("transition", entry);
        return Decision.run;
      } catch (TransitionRefused refused) {
        switch (refused.reason()) {
          case JOB_MOVED -> {
            return Decision.drop;
          }
          case TENANT_AWAY -> {
            return isDeleted(refused) ? Decision.withdrawn : hold("tenant-suspended", exchange);
          }
          case OTHER_TIER ->
              stored = stored.withTier(Tier.of(Items.required(refused.item(), "tier").s()));
          case WORKSPACE_BUSY -> {
            return hold("workspace", exchange);
          }
          default -> {
            if (tries >= MOST_TRIES || !slots.freeExpired(refused.item(), now)) {
              return hold("tenant-limit", exchange);
            }
          }
        }
      }
    }
  }

  /** Continues the trace of the request that submitted the job. */
  private Span span(Run run) {
    var ours = run.details().traceParent();
    var span =
        ours == null
            ? tracing.arrive("run job", SpanKind.CONSUMER, run.details().callerTrace())
            : tracing.begin("run job", SpanKind.CONSUMER, ours);
    run.logFields().forEach((name, value) -> span.setAttribute("outpost." + name, value));
    return span.setAttribute("outpost.agent", run.job().agent());
  }

  private static Decision hold(String reason, Exchange exchange) {
    exchange.setProperty("waitingReason", reason);
    return Decision.hold;
  }

  private static boolean isDeleted(TransitionRefused refused) {
    return Items.required(refused.item(), "status").s().equals(Tenant.Status.deleted.name());
  }

  private static boolean isLeased(StoredJob stored, Instant now) {
    return stored.job().status() == Job.Status.running && !stored.running().until().isBefore(now);
  }
}
