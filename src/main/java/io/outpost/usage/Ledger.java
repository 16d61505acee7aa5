package io.outpost.usage;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
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
  public Put.Builder entry(Job ended, String billingPeriod) {
    return Put.builder()
        .tableName(names.table("usage"))
        .item(
            Map.of(
                "tenant_id", Items.text(ended.tenantId()),
                "sk", Items.text("ledger#" + billingPeriod + "#" + ended.jobId()),
                "job_id", Items.text(ended.jobId()),
                "recorded_at", Items.text(Json.time(ended.completedAt())),
                "unreported_shard", Items.text(Shards.of("unreported", ended.jobId()))))
        .conditionExpression("attribute_not_exists(sk)");
  }
}
