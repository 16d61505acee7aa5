package io.outpost.tenant;

import io.outpost.kernel.Ids;
import io.outpost.kernel.Rules;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A customer. Stored in the table tenants under the sort key {@code tenant}.
 *
 * @param pastDueSince when a payment failed; null unless the status is past_due
 * @param billingAnchor the instant that billing periods are counted from: the subscription's, else
 *     the creation
 * @param version counts changes; the ETag
 * @param customerOutdated whether Stripe's customer has an older name or address
 * @param monthlyJobLimit the tenant's own cap on jobs of a billing period; null for none
 * @param uncappedUntil when jobs were last accepted without any limit; null for never
 */
public record Tenant(
    String tenantId,
    String name,
    String email,
    Tier tier,
    Status status,
    @Nullable String stripeCustomerId,
    @Nullable String subscriptionStatus,
    Instant createdAt,
    Instant updatedAt,
    @Nullable Instant pastDueSince,
    Instant billingAnchor,
    long version,
    boolean customerOutdated,
    @Nullable Long monthlyJobLimit,
    @Nullable Instant uncappedUntil) {

  /** Keeps the rules of the contract; without an anchor periods are counted from the creation. */
  public Tenant {
    Rules.form("tenant_id", tenantId, Rules.UUID);
    Rules.form("name", name, Rules.NAME);
    Rules.form("email", email, Rules.EMAIL);
    Rules.present("tier", tier);
    Rules.present("status", status);
    Rules.present("created_at", createdAt);
    Rules.present("updated_at", updatedAt);
    billingAnchor = billingAnchor == null ? createdAt : billingAnchor;
  }

  /**
   * Stripe's customer of it.
   *
   * @throws IllegalStateException when there is none
   */
  public String customer() {
    if (stripeCustomerId == null) {
      throw new IllegalStateException("The tenant has no customer at Stripe");
    }
    return stripeCustomerId;
  }

  /** What its billing periods are and how many jobs they allow. */
  public BillingTerms terms() {
    return new BillingTerms(tier, billingAnchor, monthlyJobLimit);
  }

  /** {@link #uncappedUntil} after the terms became others at an instant. */
  public @Nullable Instant uncappedUntil(BillingTerms next, Instant now) {
    return terms().limit().isEmpty() && next.limit().isPresent() ? now : uncappedUntil;
  }

  /** The sort key of a tenant's own item. */
  public static final String SK = "tenant";

  /** Where a tenant stands. */
  public enum Status {
    active,
    suspended,
    past_due,
    deleted
  }

  /** The primary key of a tenant's own item. */
  public static Map<String, AttributeValue> key(String tenantId) {
    return key(tenantId, SK);
  }

  /** The primary key of something of a tenant's. */
  public static Map<String, AttributeValue> key(String tenantId, String sk) {
    return Map.of("tenant_id", AttributeValue.fromS(tenantId), "sk", AttributeValue.fromS(sk));
  }

  /** The operators' own tenant, which has no item. */
  public static Tenant operators() {
    return new Tenant(
        Ids.OPERATORS,
        "Operators",
        "operators@outpost.invalid",
        Tier.ENTERPRISE,
        Status.active,
        null,
        null,
        Instant.EPOCH,
        Instant.EPOCH,
        null,
        Instant.EPOCH,
        0,
        false,
        null,
        null);
  }
}
