package io.outpost.usage;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Change;
import io.outpost.store.Items;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * The usage ledger with one entry for each job: the source of truth for Stripe. Each entry also
 * increases sums by day, agent, key and label. Thread-safe.
 */
@Component
public class Ledger {
  /** The group of the jobs whose API key is unknown. */
  private static final String UNKNOWN = "unknown";

  private static final String LABEL = "label:";
  private static final int DATE = 10;

  private final Names names;
  private final Duration kept;

  Ledger(Names names, @Value("${outpost.usage.kept}") Duration kept) {
    this.names = names;
    this.kept = kept;
  }

  /**
   * A finished job.
   *
   * @param billingPeriod start of the period in which the job was accepted and counts
   * @param keyId the API key that submitted the job; null in older jobs
   * @param labels the tenant's own names and values
   * @param costUsd the cost that the agent reports; null without a report
   * @param traceParent the trace context of the submission; may be null
   */
  public record Used(
      String tenantId,
      String jobId,
      Instant acceptedAt,
      Instant completedAt,
      String billingPeriod,
      String agent,
      @Nullable String keyId,
      Map<String, String> labels,
      @Nullable BigDecimal costUsd,
      @Nullable String traceParent) {}

  /** Adds a job, not yet reported to Stripe, to the transaction that ends it. */
  public void add(Change change, Used used) {
    change.put(entry(used));
    change.update(group(used, "day", Json.time(used.acceptedAt()).substring(0, DATE)));
    change.update(group(used, "agent", used.agent()));
    change.update(group(used, "key", used.keyId() == null ? UNKNOWN : used.keyId()));
    used.labels().forEach((name, value) -> change.update(group(used, LABEL + name, value)));
  }

  private Put.Builder entry(Used used) {
    Map<String, AttributeValue> item = new HashMap<>();
    item.put("tenant_id", Items.text(used.tenantId()));
    item.put("sk", Items.text("ledger#" + used.billingPeriod() + "#" + used.jobId()));
    item.put("job_id", Items.text(used.jobId()));
    item.put("accepted_at", Items.text(Json.time(used.acceptedAt())));
    item.put("recorded_at", Items.text(Json.time(used.completedAt())));
    item.put("agent", Items.text(used.agent()));
    if (used.keyId() != null) {
      item.put("key_id", Items.text(used.keyId()));
    }
    if (!used.labels().isEmpty()) {
      Map<String, AttributeValue> labels = new HashMap<>();
      used.labels().forEach((name, value) -> labels.put(name, Items.text(value)));
      item.put("labels", AttributeValue.fromM(labels));
    }
    if (used.costUsd() != null) {
      item.put("cost_usd", AttributeValue.fromN(used.costUsd().toPlainString()));
    }
    if (used.traceParent() != null) {
      item.put("trace_parent", Items.text(used.traceParent()));
    }
    item.put("expires_at", expires(used));
    item.put("unreported_shard", Items.text(Shards.of("unreported", used.jobId())));
    return Put.builder()
        .tableName(names.table("usage"))
        .item(item)
        .conditionExpression("attribute_not_exists(sk)");
  }

  /**
   * When the sums may expire. Each job sets this again, so a sum is kept as long as the last of its
   * jobs.
   */
  private AttributeValue expires(Used used) {
    return Items.number(used.completedAt().plus(kept).getEpochSecond());
  }

  /**
   * Increases a sum. Each sum is spread over several items, because many jobs of a tenant may end
   * at once.
   */
  private Update.Builder group(Used used, String by, String name) {
    var cost = used.costUsd() == null ? "0" : used.costUsd().toPlainString();
    return Update.builder()
        .tableName(names.table("usage"))
        .key(
            Map.of(
                "tenant_id", Items.text(used.tenantId()),
                "sk", Items.text(Shards.of(sum(used.billingPeriod(), by, name), used.jobId()))))
        .updateExpression(
            "SET #group = :group, expires_at = :expires ADD jobs :one, cost_usd :cost")
        .expressionAttributeNames(Map.of("#group", "group"))
        .expressionAttributeValues(
            Map.of(
                ":group", Items.text(name),
                ":one", Items.number(1),
                ":cost", AttributeValue.fromN(cost),
                ":expires", expires(used)));
  }

  /**
   * The sort key of a sum. The separator is replaced in names, so that the items of a sum are
   * neighbours.
   */
  private static String sum(String billingPeriod, String by, String name) {
    return groups(billingPeriod, by) + name.replace('#', '\u001f');
  }

  /** The prefix of a period's sums. */
  static String groups(String billingPeriod, String by) {
    return "sum#" + billingPeriod + "#" + by + "#";
  }
}
