package io.outpost.billing;

import io.outpost.audit.AuditEntry;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.TenantChange;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * One change of a tenant by billing, with the audit entry that tells of it. It holds only while the
 * tenant is as it was read. For one thread.
 */
final class TenantUpdate {

  /**
   * The link to Stripe's customer: made beside requests, so no client's If-Match may trip over it.
   */
  private static final String CUSTOMER = "stripe_customer_id";

  private final Tenant tenant;
  private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  private final Map<String, AttributeValue> wanted = new TreeMap<>();
  private final Map<String, String> details = new TreeMap<>();

  TenantUpdate(Tenant tenant) {
    this.tenant = tenant;
    wanted.put("version", Items.number(tenant.version()));
    wanted.put("updated_at", Items.text(Json.time(now)));
  }

  /** Sets an attribute, or removes it where {@code value} is null, and says so in the audit. */
  TenantUpdate with(String attribute, String value) {
    wanted.put(attribute, value == null ? null : Items.text(value));
    details.put(attribute, value == null ? "" : value);
    if (!attribute.equals(CUSTOMER)) {
      wanted.put("version", Items.number(tenant.version() + 1));
    }
    return this;
  }

  /** Another customer follows: the version is in the key that makes it, so it is another one. */
  TenantUpdate withoutCustomer() {
    with(CUSTOMER, null);
    wanted.put("version", Items.number(tenant.version() + 1));
    return this;
  }

  /** The customer has the tenant's name and address now. */
  TenantUpdate refreshed() {
    wanted.put("customer_outdated", AttributeValue.fromBool(false));
    return this;
  }

  Update.Builder write(String table) {
    return TenantChange.of(table, tenant, wanted);
  }

  AuditEntry entry(String action) {
    return new AuditEntry(
        Ids.ulid(),
        tenant.tenantId(),
        now,
        action,
        "/tenants/" + tenant.tenantId(),
        AuditEntry.Outcome.allowed,
        null,
        null,
        null,
        null,
        null,
        Map.copyOf(details));
  }
}
