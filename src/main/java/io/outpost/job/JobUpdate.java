package io.outpost.job;

import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * The update expression that leads from one state of a job to the next: sets changed attributes and
 * removes missing ones.
 */
final class JobUpdate {

  private final Map<String, AttributeValue> set = new LinkedHashMap<>();
  private final Map<String, String> remove = new LinkedHashMap<>();
  private final Map<String, AttributeValue> conditions = new HashMap<>();
  private final String table;
  private final Job after;
  private @Nullable String condition;
  private @Nullable String appended;

  /**
   * @param due for the index that the job is in afterwards; null when it gets a lease, or is in no
   *     such index
   */
  JobUpdate(Items items, String table, Job before, Job after, @Nullable Instant due) {
    this.table = table;
    this.after = after;
    var was = items.write(before);
    items
        .write(after)
        .forEach(
            (name, value) -> {
              if (!value.equals(was.get(name))) {
                set.put(name, value);
              }
            });
    items.missing(after).forEach(this::remove);
    remove("lease_id").remove("lease_until").remove("waits_for");
    JobItems.TURN.forEach(this::remove);
    JobItems.OPEN.names().forEach(this::remove);
    if (due != null || after.status().isTerminal()) {
      setAll(JobItems.indexes(after, due));
    }
  }

  JobUpdate lease(JobLease lease) {
    setAll(JobItems.indexes(after, lease.until()));
    set("lease_id", Items.text(lease.id()));
    return set("lease_until", Items.text(Json.time(lease.until())));
  }

  JobUpdate onlyIf(String expression) {
    condition = expression;
    return this;
  }

  JobUpdate ifHeld(JobLease lease) {
    return value(":if_running", Items.text(Job.Status.running.name()))
        .value(":if_lease", Items.text(lease.id()));
  }

  JobUpdate ifFree(Instant now) {
    return value(":if_pending", Items.text(Job.Status.pending.name()))
        .value(":if_running", Items.text(Job.Status.running.name()))
        .value(":if_now", Items.text(Json.time(now)));
  }

  JobUpdate value(String name, AttributeValue value) {
    conditions.put(name, value);
    return this;
  }

  /** Adds a value to a list. */
  JobUpdate append(String list, AttributeValue value) {
    appended = list;
    return value(":empty_list", AttributeValue.fromL(List.of()))
        .value(":appended", AttributeValue.fromL(List.of(value)));
  }

  JobUpdate set(String name, AttributeValue value) {
    remove.remove(name);
    set.put(name, value);
    return this;
  }

  private void setAll(Map<String, AttributeValue> values) {
    values.forEach(this::set);
  }

  JobUpdate remove(String name) {
    remove.put(name, "#" + name);
    return this;
  }

  Update.Builder build() {
    var aliases = new HashMap<String, String>();
    set.keySet().forEach(name -> aliases.put("#" + name, name));
    remove.forEach((name, alias) -> aliases.put(alias, name));
    aliases.put("#status", "status");
    if (appended != null) {
      aliases.put("#appended", appended);
    }
    set.forEach((name, value) -> conditions.put(":" + name, value));
    return Update.builder()
        .tableName(table)
        .key(Job.key(after.tenantId(), after.jobId()))
        .updateExpression(expression())
        .conditionExpression(condition)
        .expressionAttributeNames(aliases)
        .expressionAttributeValues(conditions);
  }

  private String expression() {
    var sets =
        set.keySet().stream()
            .map(name -> "#" + name + " = :" + name)
            .collect(Collectors.joining(", ", "SET ", ""));
    if (appended != null) {
      sets += ", #appended = list_append(if_not_exists(#appended, :empty_list), :appended)";
    }
    return remove.isEmpty() ? sets : sets + " REMOVE " + String.join(", ", remove.values());
  }
}
