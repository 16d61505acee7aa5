package io.outpost.audit;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import com.github.benmanes.caffeine.cache.Ticker;
import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** The tiers of tenants, up to five minutes old. Thread-safe. */
@Component
class TenantTiers {

  static final Duration FRESH = Duration.ofMinutes(5);
  private static final int KNOWN = 100_000;

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final LoadingCache<String, Tier> tiers;

  @Autowired
  TenantTiers(DynamoDbClient dynamoDb, Names names) {
    this(dynamoDb, names, Ticker.systemTicker());
  }

  TenantTiers(DynamoDbClient dynamoDb, Names names, Ticker ticker) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.tiers =
        Caffeine.newBuilder()
            .maximumSize(KNOWN)
            .expireAfterWrite(FRESH)
            .ticker(ticker)
            .build(this::load);
  }

  /** A tenant's tier; the lowest one when the tenant no longer exists. */
  Tier of(String tenantId) {
    return tiers.get(tenantId);
  }

  private Tier load(String tenantId) {
    if (tenantId.equals(Ids.OPERATORS)) {
      return Tenant.operators().tier();
    }
    var tenant =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("tenants"))
                    .key(Tenant.key(tenantId))
                    .projectionExpression("tier"));
    return tenant.hasItem() ? Tier.of(Items.required(tenant.item(), "tier").s()) : Tier.FREE;
  }
}
