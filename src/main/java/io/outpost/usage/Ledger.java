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
 * The ledger of what was used, one entry a job: the truth that Stripe is reconciled to. With each
 * entry its sums by day, agent and key are counted up. Thread-safe.
 */
@Component
public class Ledger {
  /** The group of jobs of which the key is not known. */
  private static final String UNKNOWN = "unknown";

  private static final int DATE = 10;

  private final Names names;
  private final Duration kept;

  Ledger(Names names, @Value("${outpost.usage.kept}") Duration kept) {
    this.names = names;
    this.kept = kept;
  }

  /**
   * A job that has run.
   *
   * @param billingPeriod start of the period that it was accepted in, and so counts in
   * @param keyId the API key that submitted it; null where that was not written down
   * @param costUsd what its agent says it cost; null where it does not say
   * @param traceParent the trace context of its submission; may be null
   */
  public record Used(
      String tenantId,
      String jobId,
      Instant acceptedAt,
      Instant completedAt,
      String billingPeriod,
      String agent,
      @Nullable String keyId,
      @Nullable BigDecimal costUsd,
      @Nullable String traceParent) {}

  /** Adds a job to the transaction that ends it; not yet reported to Stripe. */
  public void add(Change change, Used used) {
    change.put(entry(used));
    change.update(group(used, "day", Json.time(used.acceptedAt()).substring(0, DATE)));
    change.update(group(used, "agent", used.agent()));
    change.update(group(used, "key", used.keyId() == null ? UNKNOWN : used.keyId()));
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
    if (used.costUsd() != null) {
      item.put("cost_usd", AttributeValue.fromN(used.costUsd().toPlainString()));
    }
    if (used.traceParent() != null) {
      item.put("trace_parent", Items.text(used.traceParent()));
    }
    item.put("expires_at", Items.number(used.completedAt().plus(kept).getEpochSecond()));
    item.put("unreported_shard", Items.text(Shards.of("unreported", used.jobId())));
    return Put.builder()
        .tableName(names.table("usage"))
        .item(item)
        .conditionExpression("attribute_not_exists(sk)");
  }

  /** Sums are spread, for many jobs of a tenant may end at once. */
  private Update.Builder group(Used used, String by, String name) {
    var cost = used.costUsd() == null ? "0" : used.costUsd().toPlainString();
    return Update.builder()
        .tableName(names.table("usage"))
        .key(
            Map.of(
                "tenant_id", Items.text(used.tenantId()),
                "sk", Items.text(Shards.of(groups(used.billingPeriod(), by) + name, used.jobId()))))
        .updateExpression("SET #group = :group ADD jobs :one, cost_usd :cost")
        .expressionAttributeNames(Map.of("#group", "group"))
        .expressionAttributeValues(
            Map.of(
                ":group", Items.text(name),
                ":one", Items.number(1),
                ":cost", AttributeValue.fromN(cost)));
  }

  /** What the sort keys of a period's sums begin with. */
  static String groups(String billingPeriod, String by) {
    return "sum#" + billingPeriod + "#" + by + "#";
  }
}
