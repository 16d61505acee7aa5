package io.outpost.billing;

import io.outpost.audit.AuditAction;
import io.outpost.audit.AuditEntry;
import io.outpost.audit.AuditTrail;
import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Change;
import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Announcement;
import io.outpost.store.ChangeFeed.Kind;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.tenant.BillingTerms;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import io.outpost.usage.TermsHistory;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * The link between tenants and their customers at Stripe, and the tier and status that tenants get
 * from subscriptions. A change is written on condition that the tenant has not changed since it was
 * read, so the latest state from Stripe is written last. Each change puts its audit entry into the
 * property {@code audited}. Thread-safe.
 */
@Component("accounts")
public class Accounts {
  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final Transactions transactions;
  private final AuditTrail trail;
  private final ChangeFeed changeFeed;
  private final TermsHistory history;

  Accounts(
      DynamoDbClient dynamoDb,
      Items items,
      Names names,
      Transactions transactions,
      AuditTrail trail,
      ChangeFeed changeFeed,
      TermsHistory history) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
    this.transactions = transactions;
    this.trail = trail;
    this.changeFeed = changeFeed;
    this.history = history;
  }

  /** The tenant has changed since it was read, so nothing is written. */
  private static final class Overtaken extends RuntimeException {
    private static final long serialVersionUID = 1;

    Overtaken() {
      super(null, null, false, false);
    }
  }

  /** The tenant in its current state; null when it does not exist. */
  public @Nullable Tenant load(@ExchangeProperty("tenantId") @Nullable String tenantId) {
    if (tenantId == null) {
      return null;
    }
    var found =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("tenants")).key(Tenant.key(tenantId)).consistentRead(true));
    return found.hasItem() ? items.read(found.item(), Tenant.class) : null;
  }

  /** Whether the tenant should have a customer and has none. */
  public boolean needsCustomer(@ExchangeProperty("tenant") @Nullable Tenant tenant) {
    return tenant != null
        && tenant.stripeCustomerId() == null
        && tenant.status() != Tenant.Status.deleted;
  }

  /** The tenant of a customer; null when no tenant is linked to the customer. */
  public @Nullable String tenantOf(@ExchangeProperty("customer") @Nullable String customer) {
    if (customer == null) {
      return null;
    }
    var found =
        dynamoDb.query(
            q ->
                q.tableName(names.table("tenants"))
                    .indexName("stripe-customer")
                    .keyConditionExpression("stripe_customer_id = :customer")
                    .expressionAttributeValues(Map.of(":customer", Items.text(customer))));
    return found.items().isEmpty()
        ? null
        : Items.required(found.items().getFirst(), "tenant_id").s();
  }

  /** Whether the tenant was deleted and its customer still exists. */
  public boolean isToBeClosed(@ExchangeProperty("tenant") @Nullable Tenant tenant) {
    return tenant != null
        && tenant.status() == Tenant.Status.deleted
        && tenant.stripeCustomerId() != null;
  }

  /** Whether a customer has no tenant, or was replaced by another customer. */
  public boolean isForeign(
      @ExchangeProperty("tenant") @Nullable Tenant tenant,
      @ExchangeProperty("customer") String customer) {
    return tenant == null
        || tenant.stripeCustomerId() != null && !tenant.stripeCustomerId().equals(customer);
  }

  /** Whether no tenant is linked to this customer. */
  public boolean isUnlinked(
      @ExchangeProperty("tenant") @Nullable Tenant tenant,
      @ExchangeProperty("customer") String customer) {
    return tenant == null || !customer.equals(tenant.stripeCustomerId());
  }

  /**
   * Links a tenant that has no customer to its new one; false when the tenant changed meanwhile.
   */
  public boolean link(
      @ExchangeProperty("tenant") Tenant tenant,
      @ExchangeProperty("customer") String customer,
      Exchange exchange) {
    var update = new TenantUpdate(tenant).with("stripe_customer_id", customer);
    return write(update, AuditAction.CUSTOMER_LINKED, exchange);
  }

  /**
   * Whether the tenant's customer has an outdated name or address. It also counts as outdated when
   * the tenant changed during our call, or an earlier attempt was interrupted: then another
   * container may have sent the newer name first, and the older one arrived after it.
   */
  public boolean isOutdated(
      @ExchangeProperty("tenant") @Nullable Tenant tenant,
      @ExchangeProperty("settled") @Nullable Boolean settled) {
    return tenant != null
        && (tenant.customerOutdated() || Boolean.FALSE.equals(settled))
        && tenant.stripeCustomerId() != null
        && tenant.status() != Tenant.Status.deleted;
  }

  /** Records that the customer is up to date; false when the tenant changed meanwhile. */
  public boolean refreshed(@ExchangeProperty("tenant") Tenant tenant, Exchange exchange) {
    return write(new TenantUpdate(tenant).refreshed(), AuditAction.CUSTOMER_REFRESHED, exchange);
  }

  /**
   * Removes the link to a customer that was deleted at Stripe; false when the tenant changed
   * meanwhile.
   */
  public boolean unlink(
      @ExchangeProperty("tenant") Tenant tenant,
      @ExchangeProperty("customer") String customer,
      Exchange exchange) {
    if (isUnlinked(tenant, customer)) {
      return true;
    }
    var update = new TenantUpdate(tenant).withoutCustomer();
    if (tenant.subscriptionStatus() != null) {
      become(update, tenant, Entitlement.ended());
    }
    return write(update, AuditAction.CUSTOMER_LOST, exchange);
  }

  /**
   * Gives the tenant the tier and status of its subscriptions. A tenant that never subscribed keeps
   * the tier that an operator gave it.
   *
   * @return true when there was nothing to change. When false, even after a write, Stripe must be
   *     read again: its state may have changed during our write, and a concurrent reader may have
   *     seen the old state
   */
  public boolean apply(
      @ExchangeProperty("tenant") Tenant tenant,
      @ExchangeProperty("customer") String customer,
      @ExchangeProperty("standing") Entitlement entitlement,
      Exchange exchange) {
    if (isForeign(tenant, customer) || isSettled(tenant, entitlement)) {
      return true;
    }
    var update = new TenantUpdate(tenant).with("stripe_customer_id", customer);
    become(update, tenant, entitlement);
    write(update, AuditAction.SUBSCRIPTION_APPLIED, exchange);
    return false;
  }

  private static boolean isSettled(Tenant tenant, Entitlement entitlement) {
    boolean neverSubscribed =
        tenant.subscriptionStatus() == null && entitlement.subscriptionStatus() == null;
    return neverSubscribed
        || tenant.tier() == entitlement.tier()
            && tenant.status() == statusOf(tenant, entitlement)
            && Objects.equals(tenant.subscriptionStatus(), entitlement.subscriptionStatus())
            && tenant.billingAnchor().equals(anchorOf(tenant, entitlement))
            && Objects.equals(tenant.pastDueSince(), entitlement.pastDueSince());
  }

  private static void become(TenantUpdate update, Tenant tenant, Entitlement entitlement) {
    update
        .terms(
            new BillingTerms(
                entitlement.tier(), anchorOf(tenant, entitlement), tenant.monthlyJobLimit()))
        .with("tier", entitlement.tier().word())
        .with("status", statusOf(tenant, entitlement).name())
        .with("subscription_status", entitlement.subscriptionStatus())
        .with("billing_anchor", Json.time(anchorOf(tenant, entitlement)))
        .with(
            "past_due_since",
            entitlement.pastDueSince() == null ? null : Json.time(entitlement.pastDueSince()));
  }

  /**
   * The status to write: a payment does not reactivate a tenant that an operator suspended or
   * deleted.
   */
  private static Tenant.Status statusOf(Tenant tenant, Entitlement entitlement) {
    return switch (tenant.status()) {
      case suspended, deleted -> tenant.status();
      default -> entitlement.status();
    };
  }

  private static Instant anchorOf(Tenant tenant, Entitlement entitlement) {
    var anchor = entitlement.anchor();
    return entitlement.tier() == Tier.FREE || anchor == null ? tenant.createdAt() : anchor;
  }

  private boolean write(TenantUpdate update, AuditAction action, Exchange exchange) {
    AuditEntry entry = update.entry(action);
    Change change = new Change();
    change.update(update.write(names.table("tenants")), old -> new Overtaken());
    trail.add(change, entry);
    update.remember(history, change);
    changeFeed.add(change, new Announcement(Kind.tenant, entry.tenantId(), entry.tenantId()));
    try {
      transactions.write(change);
    } catch (Overtaken e) {
      return false;
    }
    exchange.setProperty("audited", entry);
    return true;
  }
}
