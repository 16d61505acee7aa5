package io.outpost.job;

import static io.outpost.job.TransitionRefused.Reason.JOB_MOVED;
import static io.outpost.job.TransitionRefused.Reason.OTHERS_WAIT;

import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Lanes;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.ExchangeProperty;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Delete;
import software.amazon.awssdk.services.dynamodb.model.Put;

/**
 * Jobs that wait for a slot, a workspace, or the end of their tenant's suspension. A waiting job
 * has no message; the code that frees the resource wakes the next job, highest priority first, then
 * oldest. Each waiting job has an item beside the resource, and the resource has the attribute
 * {@code waiters} while any job waits. The attribute gets a new value for each new waiter, so that
 * no waiter is overlooked. Thread-safe.
 */
@Component("jobWaits")
public class JobWaits {

  private static final String ENTRY = "waiting#";
  private static final String SUSPENSION = "suspension";
  private static final int MOST_TRIES = 5;
  private static final int MOST_AT_ONCE = 100;

  /** The attribute that distinguishes the item from an earlier one of the same job. */
  private static final String MARK = "mark";

  /** The values of {@code waiting_reason} with which a job waits for a resource. */
  static final Set<String> REASONS = Set.of("tenant-limit", "workspace", "tenant-suspended");

  private final DynamoDbClient dynamoDb;
  private final Transactions transactions;
  private final JobItems jobs;
  private final TenantSlots slots;
  private final WorkspaceLeases workspaces;
  private final List<String> priorities;
  private final Names names;

  JobWaits(
      DynamoDbClient dynamoDb,
      Transactions transactions,
      JobItems jobs,
      TenantSlots slots,
      WorkspaceLeases workspaces,
      @Value("${outpost.worker.lanes}") String lanes,
      Names names) {
    this.dynamoDb = dynamoDb;
    this.transactions = transactions;
    this.jobs = jobs;
    this.slots = slots;
    this.workspaces = workspaces;
    this.priorities = Lanes.of(lanes);
    this.names = names;
  }

  /** The result of parking a job: it waits; its resource is free; or its state has changed. */
  public enum Parked {
    waiting,
    free,
    moved
  }

  /**
   * Parks a job until its resource is free. Does nothing when the resource is free by now, or when
   * the job waits already or has changed its state.
   *
   * @param reason the job's {@code waiting_reason}, which names the resource
   * @param due when the sweeper checks the job, in case nothing wakes it
   */
  public Parked park(StoredJob stored, String reason, Instant due) {
    var job = stored.job();
    var mark = Ids.ulid();
    var thing = thing(job, reason);
    var entry = entry(thing, job);
    var change = new Change();
    change.update(
        jobs.park(stored, reason, entry, due), old -> new TransitionRefused(JOB_MOVED, old));
    var waiter =
        switch (reason) {
          case "tenant-limit" -> slots.awaitFree(job, stored.details().tier().slots(), mark);
          case "workspace" -> workspaces.awaitFree(job, Instant.now(), mark);
          default -> new WaiterFlag(table(), job.tenantId(), thing).set(mark);
        };
    change.update(waiter, old -> new TransitionRefused(OTHERS_WAIT, old));
    var item = new HashMap<>(Tenant.key(job.tenantId(), entry));
    item.put("job_id", Items.text(job.jobId()));
    item.put("priority", Items.text(job.priority()));
    item.put(MARK, Items.text(mark));
    change.put(Put.builder().tableName(table()).item(item), old -> new IllegalStateException());
    try {
      transactions.write(change);
      return Parked.waiting;
    } catch (TransitionRefused refused) {
      return refused.reason() == OTHERS_WAIT ? Parked.free : Parked.moved;
    }
  }

  /**
   * Wakes the next jobs after one has ended: one that waits for its slot, and one that waits for
   * its workspace.
   */
  public List<JobMessage> wakeAfter(@ExchangeProperty("job") Job left) {
    var woken = new ArrayList<>(wakeForSlot(left));
    if (left.workspace() != null) {
      wakeNext(left.tenantId(), thing(left, "workspace")).ifPresent(woken::add);
    }
    return woken;
  }

  /**
   * Wakes the next job that waits for a slot, because the job that was woken for the slot does not
   * need it.
   */
  public List<JobMessage> wakeForSlot(@ExchangeProperty("job") Job instead) {
    return wakeNext(instead.tenantId(), TenantSlots.SK).stream().toList();
  }

  /**
   * Wakes jobs after a change of their tenant. When the tenant is not suspended: the jobs that
   * waited for the end of a suspension, and as many jobs as there are free slots. When it is
   * deleted: all jobs, because they are then cancelled. A limited number at a time.
   */
  public List<JobMessage> wakeAll(String tenantId) {
    var tenant =
        dynamoDb.getItem(g -> g.tableName(table()).key(Tenant.key(tenantId)).consistentRead(true));
    var status =
        tenant.hasItem()
            ? Tenant.Status.valueOf(Items.required(tenant.item(), "status").s())
            : null;
    var woken = new ArrayList<JobMessage>();
    if (status != Tenant.Status.suspended) {
      wake(MOST_AT_ONCE, tenantId, SUSPENSION, woken);
    }
    if (status == Tenant.Status.deleted) {
      wake(MOST_AT_ONCE, tenantId, TenantSlots.SK, woken);
    } else if (status != null && status != Tenant.Status.suspended) {
      var free = slots.free(tenantId, Tier.of(Items.required(tenant.item(), "tier").s()).slots());
      wake(Math.min(free, MOST_AT_ONCE), tenantId, TenantSlots.SK, woken);
    }
    return woken;
  }

  private void wake(int most, String tenantId, String thing, List<JobMessage> woken) {
    for (int i = 0; i < most; i++) {
      var next = wakeNext(tenantId, thing);
      if (next.isEmpty()) {
        return;
      }
      woken.add(next.get());
    }
  }

  private Optional<JobMessage> wakeNext(String tenantId, String thing) {
    for (int tries = 0; tries < MOST_TRIES; ) {
      // Reads the flag before the list: a job that begins to wait later is in the list, or has
      // changed the flag.
      var flag = new WaiterFlag(table(), tenantId, thing);
      var mark = dynamoDb.getItem(flag::read).item().get(WaiterFlag.WAITERS);
      if (mark == null) {
        return Optional.empty();
      }
      var waiting = waiting(tenantId, thing);
      var change = new Change();
      if (waiting.size() < 2) {
        change.update(flag.clear(mark), old -> new TransitionRefused(OTHERS_WAIT, old));
      }
      try {
        if (waiting.isEmpty()) {
          transactions.write(change);
          return Optional.empty();
        }
        return Optional.of(wake(tenantId, waiting.getFirst(), change));
      } catch (TransitionRefused refused) {
        if (refused.reason() == JOB_MOVED) {
          forget(waiting.getFirst());
        } else {
          tries++;
        }
      }
    }
    return Optional.empty();
  }

  /** Removes the entry of a job that no longer waits, unless the job has begun to wait again. */
  private void forget(Map<String, AttributeValue> entry) {
    var mark = entry.get(MARK);
    var delete = entry(entry);
    if (mark == null) {
      delete.conditionExpression("attribute_not_exists(mark)");
    } else {
      delete
          .conditionExpression("attribute_not_exists(sk) OR mark = :mark")
          .expressionAttributeValues(Map.of(":mark", mark));
    }
    try {
      transactions.write(
          new Change().delete(delete, old -> new TransitionRefused(OTHERS_WAIT, old)));
    } catch (TransitionRefused again) {
      // The job waits again; the next round reads its new entry.
    }
  }

  private JobMessage wake(String tenantId, Map<String, AttributeValue> entry, Change change) {
    var message =
        new JobMessage(
            tenantId,
            Items.required(entry, "job_id").s(),
            Items.required(entry, "priority").s(),
            null,
            0);
    change.update(
        jobs.wake(message, Items.required(entry, "sk"), Instant.now()),
        old -> new TransitionRefused(JOB_MOVED, old));
    change.delete(entry(entry), old -> new IllegalStateException());
    transactions.write(change);
    return message;
  }

  private List<Map<String, AttributeValue>> waiting(String tenantId, String thing) {
    Map<String, AttributeValue> values =
        Map.of(":tenant", Items.text(tenantId), ":prefix", Items.text(ENTRY + thing + "#"));
    return dynamoDb
        .query(
            q ->
                q.tableName(table())
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :prefix)")
                    .expressionAttributeValues(values)
                    .consistentRead(true)
                    .limit(2))
        .items();
  }

  private Delete.Builder entry(Map<String, AttributeValue> entry) {
    return Delete.builder()
        .tableName(table())
        .key(Map.of("tenant_id", entry.get("tenant_id"), "sk", Items.required(entry, "sk")));
  }

  private String entry(String thing, Job job) {
    var rank = priorities.indexOf(job.priority());
    return ENTRY + thing + "#" + rank + "#" + job.jobId();
  }

  private static String thing(Job job, String reason) {
    return switch (reason) {
      case "tenant-limit" -> TenantSlots.SK;
      case "workspace" -> WorkspaceLeases.SK + job.workspace();
      default -> SUSPENSION;
    };
  }

  private String table() {
    return names.table("tenants");
  }
}
