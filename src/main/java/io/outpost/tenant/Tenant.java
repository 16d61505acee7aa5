package io.outpost.tenant;

import io.outpost.kernel.Ids;
import io.outpost.kernel.Rules;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A tenant, which is a customer.
 *
 * @param pastDueSince when a payment failed; null unless the status is past_due
 * @param billingAnchor the start of the first billing period: the subscription's anchor, otherwise
 *     the tenant's creation
 * @param version counts changes; used as the ETag
 * @param customerOutdated whether the customer at Stripe has an outdated name or address
 * @param monthlyJobLimit the tenant's own limit of jobs in a billing period; null for none
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

  /** Checks the contract's rules. Without an anchor, periods are counted from the creation. */
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
   * The tenant's customer at Stripe.
   *
   * @throws IllegalStateException when the tenant has none
   */
  public String customer() {
    if (stripeCustomerId == null) {
      throw new IllegalStateException("The tenant has no customer at Stripe");
    }
    return stripeCustomerId;
  }

  /** The tenant's billing periods and their limits. */
  public BillingTerms terms() {
    return new BillingTerms(tier, billingAnchor, monthlyJobLimit);
  }

  /** The value of {@link #uncappedUntil} after the terms have changed to {@code next}. */
  public @Nullable Instant uncappedUntil(BillingTerms next, Instant now) {
    return terms().limit().isEmpty() && next.limit().isPresent() ? now : uncappedUntil;
  }

  /** The sort key of a tenant's own item. */
  public static final String SK = "tenant";

  /** The status of a tenant. */
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

  /** The primary key of another item of a tenant. */
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
