package io.outpost.jobs;

import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.store.Items;
import io.outpost.tenant.Principal;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/**
 * A filter of a tenant's jobs; all its conditions must hold. Conditions that keys can express
 * become key conditions, so that a page reads few jobs that it does not show.
 *
 * @param statuses any of them; empty: all
 * @param agent null: all
 * @param labels names and values
 * @param after created after this time; null: no bound
 * @param before created before this time; null: no bound
 * @param mode jobs submitted with live or with test keys
 */
record JobFilter(
    List<String> statuses,
    @Nullable String agent,
    SortedMap<String, String> labels,
    @Nullable Instant after,
    @Nullable Instant before,
    String mode) {

  /**
   * The greatest difference between the time in a job's id and the job's time of creation, which is
   * taken a moment later.
   */
  private static final Duration ID_AND_TIME_APART = Duration.ofSeconds(5);

  private static final String LOWEST = "0".repeat(26);
  private static final String HIGHEST = "7" + "Z".repeat(25);

  /**
   * The filter of a request.
   *
   * @param labels each {@code name:value}
   * @throws Problem 400 for an invalid filter
   */
  static JobFilter of(
      @Nullable List<String> statuses,
      @Nullable String agent,
      @Nullable List<String> labels,
      @Nullable String after,
      @Nullable String before,
      String mode) {
    var byName = new TreeMap<String, String>();
    for (var label : labels == null ? List.<String>of() : labels) {
      var colon = label.indexOf(':');
      var value = label.substring(colon + 1);
      var other = byName.put(label.substring(0, colon), value);
      if (other != null && !other.equals(value)) {
        throw Problem.invalid("label", "names the same label twice, with different values");
      }
    }
    return new JobFilter(
        statuses == null ? List.of() : List.copyOf(new TreeSet<>(statuses)),
        agent,
        byName,
        time("created_after", after),
        time("created_before", before),
        mode);
  }

  private static @Nullable Instant time(String field, @Nullable String text) {
    try {
      return text == null ? null : Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw Problem.invalid(field, "is not a valid date and time");
    }
  }

  /** Adds the conditions to a query of the table of jobs. */
  void addTo(QueryRequest.Builder query, String tenantId) {
    var values = new HashMap<String, AttributeValue>();
    var attributes = new HashMap<String, String>();
    values.put(":tenant", Items.text(tenantId));
    query.keyConditionExpression("tenant_id = :tenant AND " + range(query, values));
    var conditions = new ArrayList<String>();
    if (statuses.size() > 1) {
      conditions.add("#status IN (" + String.join(", ", put(values, ":status", statuses)) + ")");
      attributes.put("#status", "status");
    }
    if (agent != null) {
      conditions.add("#agent = :agent");
      attributes.put("#agent", "agent");
      values.put(":agent", Items.text(agent));
    }
    // Jobs from before modes existed are live.
    conditions.add(mode.equals(Principal.TEST) ? "#mode = :test" : "#mode <> :test");
    attributes.put("#mode", "mode");
    values.put(":test", Items.text(Principal.TEST));
    times(conditions, values);
    labels(conditions, values, attributes);
    query.expressionAttributeValues(values);
    query.filterExpression(String.join(" AND ", conditions)).expressionAttributeNames(attributes);
  }

  /**
   * The key condition for the times. Ids sort by time, so the range of ids contains all jobs of
   * these times; the filter then compares the exact times.
   */
  private String range(QueryRequest.Builder query, Map<String, AttributeValue> values) {
    var from = after == null ? LOWEST : idAt(after.minus(ID_AND_TIME_APART), LOWEST);
    var to = before == null ? HIGHEST : idAt(before.plus(ID_AND_TIME_APART), HIGHEST);
    if (from.compareTo(to) > 0) {
      to = from;
    }
    var prefix = statuses.size() == 1 ? statuses.getFirst() + "#" : "";
    values.put(":from", Items.text(prefix + from));
    values.put(":to", Items.text(prefix + to));
    if (statuses.size() == 1) {
      query.indexName("by-status");
      return "status_job BETWEEN :from AND :to";
    }
    return "job_id BETWEEN :from AND :to";
  }

  private static String idAt(Instant time, String otherwise) {
    return time.isBefore(Instant.EPOCH) || time.getEpochSecond() > 253_402_300_799L
        ? otherwise
        : Ids.firstUlidAt(time);
  }

  private void times(List<String> conditions, Map<String, AttributeValue> values) {
    if (after != null) {
      conditions.add("created_at > :after");
      values.put(":after", Items.text(Json.time(after)));
    }
    if (before != null) {
      conditions.add("created_at < :before");
      values.put(":before", Items.text(Json.time(before)));
    }
  }

  private void labels(
      List<String> conditions, Map<String, AttributeValue> values, Map<String, String> names) {
    var number = 0;
    for (var label : labels.entrySet()) {
      conditions.add("labels.#label" + number + " = :label" + number);
      names.put("#label" + number, label.getKey());
      values.put(":label" + number, Items.text(label.getValue()));
      number++;
    }
  }

  private static List<String> put(
      Map<String, AttributeValue> values, String name, List<String> texts) {
    var placed = new ArrayList<String>();
    for (var text : texts) {
      placed.add(name + placed.size());
      values.put(placed.getLast(), Items.text(text));
    }
    return placed;
  }
}
