package io.outpost.usage;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.Map;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.Put;

/**
 * The ledger of what was used, one entry a job: the truth that Stripe is reconciled to.
 * Thread-safe.
 */
@Component
public class Ledger {

  private final Names names;

  Ledger(Names names) {
    this.names = names;
  }

  /**
   * The entry of a job that has run, for the transaction that ends it; not yet reported to Stripe.
   */
  public Put.Builder entry(
      String tenantId, String jobId, Instant completedAt, String billingPeriod) {
    return Put.builder()
        .tableName(names.table("usage"))
        .item(
            Map.of(
                "tenant_id", Items.text(tenantId),
                "sk", Items.text("ledger#" + billingPeriod + "#" + jobId),
                "job_id", Items.text(jobId),
                "recorded_at", Items.text(Json.time(completedAt)),
                "unreported_shard", Items.text(Shards.of("unreported", jobId))))
        .conditionExpression("attribute_not_exists(sk)");
  }
}
