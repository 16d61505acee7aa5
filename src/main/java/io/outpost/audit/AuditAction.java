package io.outpost.audit;

import java.util.Set;

/**
 * The actions of audit entries that are neither calls nor transitions of jobs, with their metadata.
 * To add an action, add a line here; {@code docs/audit.md} has a table that is made from this list.
 */
public enum AuditAction {
  CUSTOMER_LINKED(
      "billing.customer-linked", "The tenant got a customer at Stripe", "stripe_customer_id"),
  CUSTOMER_REFRESHED(
      "billing.customer-refreshed",
      "The customer at Stripe got the tenant's current name and address"),
  CUSTOMER_LOST(
      "billing.customer-lost",
      "The tenant's customer was deleted at Stripe",
      "stripe_customer_id",
      "tier",
      "status",
      "subscription_status",
      "billing_anchor",
      "past_due_since"),
  SUBSCRIPTION_APPLIED(
      "billing.subscription-applied",
      "The tenant got the tier and status of its subscriptions",
      "stripe_customer_id",
      "tier",
      "status",
      "subscription_status",
      "billing_anchor",
      "past_due_since"),
  QUOTA_80(
      "billing.quota-80", "80 % of the tenant's limit of jobs are used", "used", "limit", "tier"),
  QUOTA_100("billing.quota-100", "The tenant's limit of jobs is used up", "used", "limit", "tier"),
  JOB_VOIDED("billing.job-voided", "An operator took a job off the bill", "way", "reason"),
  USAGE_DIFFERS(
      "billing.usage-differs",
      "Stripe's count of jobs differs from the ledger's",
      "minute",
      "stripe",
      "ledger",
      "jobs"),
  INVOICE_DIFFERS(
      "billing.invoice-differs",
      "An invoice has amounts that the ledger does not explain",
      "invoice",
      "period_start",
      "jobs"),
  DIFFERENCE_GONE(
      "billing.difference-gone", "A difference that was reported no longer exists", "difference"),
  USAGE_LATE(
      "billing.usage-late",
      "Jobs that missed their invoice became items of the next one",
      "invoice",
      "jobs",
      "amount",
      "currency"),
  STRIPE_EVENT("stripe.<event>", "An event of Stripe was applied", "api_version", "created"),
  WEBHOOK_DISABLED("webhook.disabled", "A webhook endpoint was disabled", "reason"),
  ROUTES_RELOADED("routes.reload", "Routes were edited live", "routes", "was");

  private final String word;
  private final String text;
  private final Set<String> metadata;

  AuditAction(String word, String text, String... metadata) {
    this.word = word;
    this.text = text;
    this.metadata = Set.of(metadata);
  }

  /** The action's name in entries. */
  public String word() {
    return word;
  }

  /** What has happened, for {@code docs/audit.md}. */
  public String text() {
    return text;
  }

  /** The names that the entry's metadata may have. */
  public Set<String> metadata() {
    return metadata;
  }
}
