package io.outpost.billing;

import io.outpost.audit.AuditAction;
import io.outpost.audit.AuditEntry;
import io.outpost.kernel.Json;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.tenant.BillingTerms;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.TenantChange;
import io.outpost.usage.TermsHistory;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * A change of a tenant by billing, with its audit entry, on condition that the tenant has not
 * changed since it was read. For one thread.
 */
final class TenantUpdate {

  /**
   * The link to Stripe's customer. Setting it does not increase the tenant's version, because it
   * happens in the background and must not fail a client's If-Match.
   */
  private static final String CUSTOMER = "stripe_customer_id";

  private final Tenant tenant;
  private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  private final Map<String, @Nullable AttributeValue> wanted = new TreeMap<>();
  private final Map<String, String> details = new TreeMap<>();
  private @Nullable BillingTerms next;

  TenantUpdate(Tenant tenant) {
    this.tenant = tenant;
    wanted.put("version", Items.number(tenant.version()));
  }

  private void changed() {
    wanted.put("version", Items.number(tenant.version() + 1));
    wanted.put("updated_at", Items.text(Json.time(now)));
  }

  /** Sets an attribute, or removes it when {@code value} is null, and records it in the audit. */
  TenantUpdate with(String attribute, @Nullable String value) {
    wanted.put(attribute, value == null ? null : Items.text(value));
    details.put(attribute, value == null ? "" : value);
    if (!attribute.equals(CUSTOMER)) {
      changed();
    }
    return this;
  }

  /** Changes the tenant's periods and limits. */
  TenantUpdate terms(BillingTerms terms) {
    next = terms;
    var uncapped = tenant.uncappedUntil(terms, now);
    if (uncapped != null) {
      wanted.put("uncapped_until", Items.text(Json.time(uncapped)));
    }
    return this;
  }

  /** Adds the terms that end now to the history. */
  void remember(TermsHistory history, Change change) {
    if (next != null) {
      history.add(change, tenant, next, now);
    }
  }

  /**
   * Removes the link to the customer, and increases the tenant's version. The version is part of
   * the idempotency key for creating a customer, so the tenant then gets a new one.
   */
  TenantUpdate withoutCustomer() {
    with(CUSTOMER, null);
    changed();
    return this;
  }

  /** Records that the customer has the tenant's current name and address. */
  TenantUpdate refreshed() {
    wanted.put("customer_outdated", AttributeValue.fromBool(false));
    return this;
  }

  Update.Builder write(String table) {
    return TenantChange.of(table, tenant, wanted);
  }

  AuditEntry entry(AuditAction action) {
    return AuditEntry.own(
        tenant.tenantId(),
        now,
        action,
        "/tenants/" + tenant.tenantId(),
        AuditEntry.Outcome.allowed,
        Map.copyOf(details));
  }
}
