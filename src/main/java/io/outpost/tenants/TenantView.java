package io.outpost.tenants;

import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Instant;
import org.apache.camel.Body;
import org.jspecify.annotations.Nullable;

/** A tenant as clients see it. */
public record TenantView(
    String tenantId,
    String name,
    String email,
    Tier tier,
    Tenant.Status status,
    @Nullable String stripeCustomerId,
    @Nullable String subscriptionStatus,
    @Nullable Long monthlyJobLimit,
    Instant createdAt,
    Instant updatedAt) {

  /** The view of a tenant. */
  public static TenantView of(@Body Tenant t) {
    return new TenantView(
        t.tenantId(),
        t.name(),
        t.email(),
        t.tier(),
        t.status(),
        t.stripeCustomerId(),
        t.subscriptionStatus(),
        t.monthlyJobLimit(),
        t.createdAt(),
        t.updatedAt());
  }
}
