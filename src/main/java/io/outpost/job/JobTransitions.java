package io.outpost.job;

import static io.outpost.job.TransitionRefused.Reason.JOB_MOVED;
import static io.outpost.job.TransitionRefused.Reason.NO_SLOT;
import static io.outpost.job.TransitionRefused.Reason.OTHERS_WAIT;
import static io.outpost.job.TransitionRefused.Reason.OTHER_TIER;
import static io.outpost.job.TransitionRefused.Reason.SLOT_LOST;
import static io.outpost.job.TransitionRefused.Reason.TENANT_AWAY;
import static io.outpost.job.TransitionRefused.Reason.WORKSPACE_BUSY;
import static io.outpost.job.TransitionRefused.Reason.WORKSPACE_LOST;

import io.outpost.audit.AuditEntry;
import io.outpost.audit.AuditTrail;
import io.outpost.audit.RoutesVersion;
import io.outpost.aws.Names;
import io.outpost.event.EventType;
import io.outpost.event.Events;
import io.outpost.kernel.Ids;
import io.outpost.store.Change;
import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Announcement;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import io.outpost.usage.Ledger;
import io.outpost.usage.QuotaCounter;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionCheck;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * Applies a transition to the table: the job's item with its indexes, the tenant's slot, the
 * workspace, the quota, the ledger, the audit entry and the event for the customer, all together or
 * not at all. Thread-safe.
 */
@Component
public class JobTransitions {

  private static final Set<Tenant.Status> AWAY =
      Set.of(Tenant.Status.suspended, Tenant.Status.deleted);

  private final Transactions transactions;
  private final JobItems jobs;
  private final TenantSlots slots;
  private final WorkspaceLeases workspaces;
  private final QuotaCounter quota;
  private final Ledger ledger;
  private final ChangeFeed changeFeed;
  private final AuditTrail trail;
  private final RoutesVersion routes;
  private final Events events;
  private final Names names;
  private final JobSignals signals;
  private final JobExpiry expiry;

  JobTransitions(
      Transactions transactions,
      JobItems jobs,
      TenantSlots slots,
      WorkspaceLeases workspaces,
      QuotaCounter quota,
      Ledger ledger,
      ChangeFeed changeFeed,
      AuditTrail trail,
      RoutesVersion routes,
      Events events,
      Names names,
      JobSignals signals,
      JobExpiry expiry) {
    this.transactions = transactions;
    this.jobs = jobs;
    this.slots = slots;
    this.workspaces = workspaces;
    this.quota = quota;
    this.ledger = ledger;
    this.changeFeed = changeFeed;
    this.trail = trail;
    this.routes = routes;
    this.events = events;
    this.names = names;
    this.signals = signals;
    this.expiry = expiry;
  }

  /**
   * Applies a transition in a transaction of its own.
   *
   * @throws TransitionRefused when the transition is no longer possible; then nothing is written
   */
  public Applied apply(JobTransition transition) {
    var withSlot = true;
    var unawaited = true;
    while (true) {
      var change = new Change();
      var entry = add(change, transition, withSlot, unawaited);
      try {
        transactions.write(change);
        return new Applied(entry, !unawaited);
      } catch (TransitionRefused refused) {
        signals.refused(refused.reason());
        if (refused.reason() == OTHERS_WAIT && unawaited) {
          unawaited = false;
        } else if (refused.reason() == SLOT_LOST && withSlot) {
          // The lease had ended and another job has the slot. The rest of the transition is still
          // valid.
          withSlot = false;
        } else {
          throw refused;
        }
      }
    }
  }

  /**
   * Renews a run's lease with one write each for the slot, the workspace and, last, the job, which
   * decides. There is no transaction, because most writes of a job are renewals and a transaction
   * costs more. It is not needed: if the last write is refused, the renewed slot or workspace
   * expires, or is freed by the run that lost the job.
   *
   * @throws TransitionRefused when another run has the lease
   */
  public void renew(JobTransition.Renewed renewed) {
    var job = renewed.job();
    var change = new Change();
    change.update(slots.keep(job, renewed.lease()), refused(SLOT_LOST));
    workspace(change, job, () -> workspaces.keep(job, renewed.lease()), WORKSPACE_LOST);
    change.update(jobs.update(renewed, null), refused(JOB_MOVED));
    try {
      transactions.writeEach(change);
    } catch (TransitionRefused refused) {
      signals.refused(refused.reason());
      throw refused;
    }
  }

  /**
   * A written transition.
   *
   * @param entry its audit entry; null: none
   * @param othersWait whether other jobs wait for the freed slot or workspace
   */
  public record Applied(@Nullable AuditEntry entry, boolean othersWait) {}

  /**
   * Adds a transition to a larger change; returns its audit entry, or null when it has none.
   *
   * @throws TransitionRefused from the transaction, when the transition is no longer possible
   */
  public @Nullable AuditEntry add(Change change, JobTransition transition) {
    return add(change, transition, true, true);
  }

  private @Nullable AuditEntry add(
      Change change, JobTransition transition, boolean withSlot, boolean unawaited) {
    var job = transition.job();
    var entry = isAudited(transition) ? entry(transition) : null;
    if (transition instanceof JobTransition.Submitted submitted) {
      change.put(jobs.put(submitted), refused(JOB_MOVED));
    } else {
      var entryId = entry == null ? null : entry.entryId();
      change.update(jobs.update(transition, entryId), refused(JOB_MOVED));
    }
    switch (transition) {
      case JobTransition.Submitted t -> {}
      case JobTransition.Claimed t -> {
        change.check(mayRun(job, t.details().tier()), JobTransitions::mayNotRun);
        change.update(slots.take(job, t.lease(), t.details().tier().slots()), refused(NO_SLOT));
        workspace(change, job, () -> workspaces.take(job, t.lease(), t.at()), WORKSPACE_BUSY);
      }
      case JobTransition.Renewed t ->
          throw new IllegalArgumentException("A lease is renewed by itself");
      case JobTransition.Finished t -> {
        giveBack(change, t.from(), t.files(), t.at(), withSlot, unawaited);
        unconditional(change, t);
        expiry.add(change, job, t.details().tier());
      }
      case JobTransition.Released t ->
          giveBack(change, t.from(), null, t.due(), withSlot, unawaited);
      case JobTransition.Retried t ->
          giveBack(change, t.from(), null, t.due(), withSlot, unawaited);
      case JobTransition.DeadLettered t -> unconditional(change, t);
      case JobTransition.Cancelled t -> {
        unconditional(change, t);
        expiry.add(change, job, t.details().tier());
      }
      case JobTransition.Redriven t -> unconditional(change, t);
    }
    change.afterwards(() -> signals.written(transition));
    tell(change, transition);
    if (entry != null) {
      trail.add(change, entry);
    }
    return entry;
  }

  /** Adds the webhook event of a start or an end; other transitions have none. */
  private void tell(Change change, JobTransition transition) {
    var job = transition.job();
    var type =
        switch (transition) {
          case JobTransition.Claimed t -> EventType.JOB_RUNNING;
          case JobTransition.Finished t ->
              job.status() == Job.Status.succeeded ? EventType.JOB_SUCCEEDED : EventType.JOB_FAILED;
          case JobTransition.Cancelled t -> EventType.JOB_CANCELLED;
          case JobTransition.DeadLettered t -> EventType.JOB_DEAD_LETTER;
          default -> null;
        };
    if (type != null) {
      var at = job.completedAt() == null ? job.startedAt() : job.completedAt();
      Objects.requireNonNull(at, "A job that has started or ended says when");
      events.add(
          change, job.tenantId(), type, at, job, job.jobId(), transition.details().traceParent());
    }
  }

  private void giveBack(
      Change change,
      StoredJob from,
      @Nullable SavedFiles files,
      Instant now,
      boolean withSlot,
      boolean unawaited) {
    var job = from.job();
    var lease = from.running();
    if (job.workspace() != null) {
      change.update(
          workspaces.release(job, lease, files, now, unawaited),
          old ->
              new TransitionRefused(
                  WorkspaceLeases.has(old, lease) ? OTHERS_WAIT : WORKSPACE_LOST, old));
    }
    if (withSlot) {
      change.update(
          slots.release(job, lease, unawaited),
          old -> new TransitionRefused(TenantSlots.has(old, lease) ? OTHERS_WAIT : SLOT_LOST, old));
    }
  }

  private static TransitionRefused mayNotRun(Map<String, AttributeValue> tenant) {
    var away =
        AWAY.stream()
            .map(Tenant.Status::name)
            .anyMatch(Items.required(tenant, "status").s()::equals);
    return new TransitionRefused(away ? TENANT_AWAY : OTHER_TIER, tenant);
  }

  /**
   * Checks that the tenant is active and has the expected tier. The operators' own tenant has no
   * item.
   */
  private ConditionCheck.Builder mayRun(Job job, Tier tier) {
    return ConditionCheck.builder()
        .tableName(names.table("tenants"))
        .key(Tenant.key(job.tenantId()))
        .conditionExpression(
            "attribute_not_exists(tenant_id)"
                + " OR (NOT #status IN (:suspended, :deleted) AND tier = :tier)")
        .expressionAttributeNames(Map.of("#status", "status"))
        .expressionAttributeValues(
            Map.of(
                ":suspended", Items.text(Tenant.Status.suspended.name()),
                ":deleted", Items.text(Tenant.Status.deleted.name()),
                ":tier", Items.text(tier.word())));
  }

  /** Adds the writes that have no condition: usage, quota, and the signal to the worker. */
  private void unconditional(Change change, JobTransition transition) {
    var job = transition.job();
    var details = transition.details();
    var period = details.billingPeriod();
    var used =
        transition instanceof JobTransition.Finished
            || (transition instanceof JobTransition.Cancelled cancelled && cancelled.used());
    if (used && !job.isTest()) {
      ledger.add(
          change,
          new Ledger.Used(
              job.tenantId(),
              job.jobId(),
              job.createdAt(),
              Objects.requireNonNull(job.completedAt(), "A job that was used has ended"),
              period,
              job.agent(),
              details.keyId(),
              job.labels(),
              job.usage() == null ? null : job.usage().costUsd(),
              details.traceParent()));
    }
    if (used && job.status() == Job.Status.cancelled) {
      changeFeed.add(change, new Announcement(ChangeFeed.Kind.cancel, job.tenantId(), job.jobId()));
    }
    if (!used && !job.isTest() && details.counts()) {
      change.update(
          transition instanceof JobTransition.Redriven
              ? quota.countAgain(job.tenantId(), period, job.jobId(), details.spreads())
              : quota.giveBack(job.tenantId(), period, job.jobId(), details.spreads()));
    }
  }

  private static boolean isAudited(JobTransition transition) {
    return !(transition instanceof JobTransition.Submitted);
  }

  private AuditEntry entry(JobTransition transition) {
    var job = transition.job();
    var metadata = new HashMap<>(transition.metadata());
    metadata.put("routes", routes.current());
    return new AuditEntry(
        Ids.ulid(),
        job.tenantId(),
        Instant.now(),
        "job." + job.status(),
        "/jobs/" + job.jobId(),
        AuditEntry.Outcome.allowed,
        null,
        transition.requestId(),
        null,
        null,
        null,
        metadata);
  }

  private static void workspace(
      Change change, Job job, Supplier<Update.Builder> write, TransitionRefused.Reason reason) {
    if (job.workspace() != null) {
      change.update(write.get(), refused(reason));
    }
  }

  private static Function<Map<String, AttributeValue>, RuntimeException> refused(
      TransitionRefused.Reason reason) {
    return item -> new TransitionRefused(reason, item);
  }
}
