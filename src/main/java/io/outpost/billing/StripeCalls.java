package io.outpost.billing;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.http.Call;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.springframework.stereotype.Component;

/**
 * The calls that routes make to Stripe. Idempotency keys are derived from the action, so they are
 * the same on every container. Stateless.
 */
@Component("stripeCalls")
public class StripeCalls {
  private static final String CUSTOMERS = "/v1/customers";

  private static final String INVOICE_ITEMS = "/v1/invoiceitems";

  private static final String METER_EVENTS = "/v1/billing/meter_events";

  private final StripeSettings settings;

  StripeCalls(StripeSettings settings) {
    this.settings = settings;
  }

  /** Searches for the customer that a tenant may already have. */
  public StripeCall findCustomer(
      @ExchangeProperty("tenant") Tenant tenant, @ExchangeProperty("after") String after) {
    return StripeCall.get(CUSTOMERS, StripeRequests.customersWith(tenant.email(), after));
  }

  /** Reads an event with the object that it describes. */
  public StripeCall event(@ExchangeProperty("event") StripeEvent event) {
    var version = event.apiVersion().equals("thin") ? "/v2/core" : "/v1";
    return StripeCall.get(version + "/events/" + event.id(), null);
  }

  /**
   * Reads the error report that an event of the API v2 refers to; such an event does not contain
   * its object.
   */
  public StripeCall errorReport(@ExchangeProperty("event") StripeEvent event) {
    return StripeCall.get("/v2/core/events/" + event.id(), null);
  }

  /**
   * Creates the customer of a tenant. The key contains the tenant's version, so that the tenant can
   * get a new customer after this one was deleted: under the same key Stripe would return the first
   * one for 24 hours.
   */
  public StripeCall createCustomer(@ExchangeProperty("tenant") Tenant tenant) {
    return StripeCall.make(
        CUSTOMERS,
        StripeRequests.customer(tenant.tenantId(), tenant.name(), tenant.email()),
        "outpost-customer-" + tenant.tenantId() + "-" + tenant.version());
  }

  /**
   * Sends a tenant's name and address to Stripe. It sets both whatever they were, so it needs no
   * key.
   */
  public StripeCall refreshCustomer(@ExchangeProperty("tenant") Tenant tenant) {
    return StripeCall.post(
        CUSTOMERS + "/" + tenant.customer(),
        StripeRequests.customerNow(tenant.name(), tenant.email()),
        null);
  }

  /** Reads a customer. */
  public StripeCall customer(@ExchangeProperty("customer") String customer) {
    return StripeCall.get(CUSTOMERS + "/" + customer, null);
  }

  /** Reads the payment that an event is about. */
  public StripeCall charge(@ExchangeProperty("event") StripeEvent event) {
    return StripeCall.get("/v1/charges/" + event.charge(), null);
  }

  /** Reads every subscription of a customer. */
  public StripeCall subscriptions(@ExchangeProperty("customer") String customer) {
    return StripeCall.get("/v1/subscriptions", StripeRequests.subscriptionsOf(customer));
  }

  /** Ends a subscription at once, and bills its usage up to now. */
  public StripeCall endSubscription(@Body String subscription) {
    return StripeCall.delete("/v1/subscriptions/" + subscription, StripeRequests.ending());
  }

  /** Reads the price of a tier. */
  public StripeCall price(@ExchangeProperty("tier") Tier tier) {
    return StripeCall.get("/v1/prices/" + settings.prices(tier).getFirst(), null);
  }

  /** Opens a checkout for the tier that the request names. */
  public StripeCall checkout(
      @ExchangeProperty("tenant") Tenant tenant,
      @ExchangeProperty("tier") Tier tier,
      @ExchangeProperty("request") JsonNode request,
      @ExchangeProperty(Call.NAME) Call call,
      @Variable("price") String price) {
    var form =
        StripeRequests.checkout(
            tenant.tenantId(),
            tenant.customer(),
            settings.prices(tier).getFirst(),
            StripeAnswers.isMetered(price),
            request.get("success_url").textValue(),
            request.get("cancel_url").textValue(),
            settings.automaticTax(),
            settings.promotionCodes());
    var wish = call.header("Idempotency-Key").orElse(call.entryId());
    var key = digest(tenant.tenantId() + "\n" + wish + "\n" + form);
    return StripeCall.post("/v1/checkout/sessions", form, "outpost-checkout-" + key);
  }

  /** Reads the checkouts of a customer that are still open. */
  public StripeCall openCheckouts(@ExchangeProperty("customer") String customer) {
    return StripeCall.get("/v1/checkout/sessions", StripeRequests.openCheckouts(customer));
  }

  /** Expires an open checkout. */
  public StripeCall expireCheckout(@Body String session) {
    return StripeCall.post("/v1/checkout/sessions/" + session + "/expire", null, null);
  }

  /** Reads a customer's invoices, to find since when it is past due. */
  public StripeCall unpaid(@ExchangeProperty("customer") String customer) {
    return StripeCall.get("/v1/invoices", StripeRequests.invoicesOf(customer));
  }

  /** Opens the billing portal. */
  public StripeCall portal(
      @ExchangeProperty("tenant") Tenant tenant,
      @ExchangeProperty(Call.NAME) Call call,
      @ExchangeProperty("returnUrl") String returnUrl) {
    return StripeCall.post(
        "/v1/billing_portal/sessions",
        StripeRequests.portal(tenant.customer(), returnUrl),
        "outpost-portal-" + call.entryId());
  }

  /** Reports a job. Stripe recognizes duplicates by the report's identifier. */
  public StripeCall report(
      @ExchangeProperty("tenant") Tenant tenant, @ExchangeProperty("entry") LedgerEntry entry) {
    return StripeCall.post(
        METER_EVENTS,
        StripeRequests.meterEvent(
            settings.meterEventName(), tenant.customer(), entry.identifier(), entry.countedAt()),
        null);
  }

  /** Cancels the report of a job; Stripe allows that for 24 hours. */
  public StripeCall cancelReport(@ExchangeProperty("entry") LedgerEntry entry) {
    return StripeCall.post(
        "/v1/billing/meter_event_adjustments",
        StripeRequests.cancelMeterEvent(settings.meterEventName(), entry.identifier()),
        "outpost-cancel-" + entry.identifier());
  }

  /** Reports a job with the count -1, when its report can no longer be cancelled. */
  public StripeCall reportOpposite(
      @ExchangeProperty("tenant") Tenant tenant, @ExchangeProperty("entry") LedgerEntry entry) {
    return StripeCall.post(
        METER_EVENTS,
        StripeRequests.counterEvent(
            settings.meterEventName(), tenant.customer(), entry.jobId(), entry.countedAt()),
        "outpost-opposite-" + entry.jobId());
  }

  /** Reads a customer's invoices, newest first. */
  public StripeCall invoices(@ExchangeProperty("tenant") Tenant tenant) {
    return StripeCall.get("/v1/invoices", StripeRequests.invoicesOf(tenant.customer()));
  }

  /** Reads a preview of the next invoice; creates nothing. */
  public StripeCall nextInvoice(
      @ExchangeProperty("customer") String customer,
      @ExchangeProperty("subscribed") SubscriptionView.Subscribed subscribed) {
    return StripeCall.post(
        "/v1/invoices/create_preview",
        StripeRequests.nextInvoice(customer, subscribed.subscription()),
        null);
  }

  /** Reads a customer's invoice items, pending and billed ones, newest first. */
  public StripeCall positions(@ExchangeProperty("tenant") Tenant tenant) {
    return StripeCall.get(INVOICE_ITEMS, StripeRequests.positionsOf(tenant.customer()));
  }

  /** Adds late jobs to the next invoice. */
  public StripeCall adjust(
      @ExchangeProperty("tenant") Tenant tenant, @ExchangeProperty("late") LateUsage late) {
    return StripeCall.make(
        INVOICE_ITEMS,
        StripeRequests.lateUsage(tenant.customer(), late),
        "outpost-late-" + late.adjustment());
  }

  /** Bills pending items at once, for a customer who gets no further invoice. */
  public StripeCall lastInvoice(
      @ExchangeProperty("tenant") Tenant tenant, @ExchangeProperty("late") LateUsage late) {
    return StripeCall.post(
        "/v1/invoices",
        StripeRequests.lastInvoice(tenant.customer(), late.currency()),
        "outpost-last-" + late.adjustment());
  }

  /** Reads the credits that a customer has got. */
  public StripeCall credits(@ExchangeProperty("tenant") Tenant tenant) {
    return StripeCall.get(balance(tenant), StripeRequests.page());
  }

  /** Credits the price of a job that is on a final invoice. */
  public StripeCall credit(
      @ExchangeProperty("tenant") Tenant tenant,
      @ExchangeProperty("entry") LedgerEntry entry,
      @ExchangeProperty("billed") InvoiceLine billed) {
    return StripeCall.make(
        balance(tenant),
        StripeRequests.credit(entry.jobId(), billed.share(), billed.currency()),
        "outpost-credit-" + entry.jobId());
  }

  private static String balance(Tenant tenant) {
    return CUSTOMERS + "/" + tenant.customer() + "/balance_transactions";
  }

  private static String digest(String text) {
    try {
      var hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
