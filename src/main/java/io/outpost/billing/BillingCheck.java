package io.outpost.billing;

import com.stripe.StripeClient;
import com.stripe.exception.ApiConnectionException;
import com.stripe.exception.ApiException;
import com.stripe.exception.AuthenticationException;
import com.stripe.exception.InvalidRequestException;
import com.stripe.exception.PermissionException;
import com.stripe.exception.StripeException;
import com.stripe.model.Price;
import com.stripe.model.WebhookEndpoint;
import com.stripe.model.billing.Meter;
import com.stripe.param.WebhookEndpointListParams;
import com.stripe.param.billing.MeterListParams;
import com.stripe.param.billingportal.ConfigurationListParams;
import io.outpost.tenant.Tier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Compares a Stripe account with what billing needs; changes nothing. For one thread. */
final class BillingCheck {
  private static final String ENDPOINT = "/webhooks/stripe";
  // The types that api/billing-queue.camel.yaml handles.
  private static final Set<String> EVENTS =
      Set.of(
          "customer.subscription.created",
          "customer.subscription.updated",
          "customer.subscription.deleted",
          "customer.subscription.paused",
          "customer.subscription.resumed",
          "invoice.paid",
          "invoice.payment_succeeded",
          "invoice.payment_failed",
          "checkout.session.completed",
          "customer.deleted",
          "invoice.created",
          "invoice.payment_action_required",
          "invoice.finalization_failed",
          "invoice.voided",
          "invoice.marked_uncollectible",
          "charge.dispute.created",
          "charge.dispute.closed",
          "charge.refunded",
          "radar.early_fraud_warning.created");

  private final StripeClient stripe;
  private final StripeSettings settings;
  private final List<String> findings = new ArrayList<>();

  BillingCheck(StripeClient stripe, StripeSettings settings) {
    this.stripe = stripe;
    this.settings = settings;
  }

  /** One part of the check. */
  private interface Part {
    void look() throws StripeException;
  }

  /**
   * The findings, one sentence each, with what to do about it.
   *
   * @throws StripeException when Stripe does not answer
   */
  List<String> findings() throws StripeException {
    findings.clear();
    try {
      for (Tier tier : List.of(Tier.PRO, Tier.ENTERPRISE)) {
        prices(tier);
      }
      part("Billing meters: read", this::meter);
      part("Webhook endpoints: read", this::endpoints);
      part("Customer portal: read", this::portal);
      part("Customers: read", () -> stripe.v1().customers().list());
      part("Subscriptions: read", () -> stripe.v1().subscriptions().list());
      part("Invoices: read", () -> stripe.v1().invoices().list());
      part("Checkout Sessions: read", () -> stripe.v1().checkout().sessions().list());
      part("Charges: read", () -> stripe.v1().charges().list());
      part("Invoices: write", () -> stripe.v1().invoiceItems().list());
      part("Events: read", () -> stripe.v1().events().list());
    } catch (AuthenticationException e) {
      findings.clear();
      findings.add(
          "Stripe refuses the key: create one under Developers > API keys and set"
              + " OUTPOST_STRIPE_SECRET_KEY");
    }
    return List.copyOf(findings);
  }

  /**
   * Runs one part of the check. A missing right is a finding; an error that affects all parts ends
   * the check.
   */
  private void part(String right, Part part) throws StripeException {
    try {
      part.look();
    } catch (PermissionException e) {
      findings.add(
          "The key lacks the right \"%s\": Developers > API keys > the key > Edit"
              .formatted(right));
    } catch (ApiConnectionException | ApiException | AuthenticationException e) {
      throw e;
    } catch (InvalidRequestException e) {
      findings.add("Stripe does not answer \"%s\": %s".formatted(right, e.getCode()));
    }
  }

  private void prices(Tier tier) throws StripeException {
    var setting = "OUTPOST_STRIPE_PRICE_" + tier.name();
    if (settings.prices(tier).isEmpty()) {
      findings.add("%s is not set, so the tier cannot be bought".formatted(setting));
    }
    for (String id : settings.prices(tier)) {
      part("Prices: read", () -> price(setting, id));
    }
  }

  private void price(String setting, String id) throws StripeException {
    Price price;
    try {
      price = stripe.v1().prices().retrieve(id);
    } catch (InvalidRequestException e) {
      findings.add(
          "%s: this account and mode have no price %s: Product catalogue > the product, copy"
                  .formatted(setting, id)
              + " the price's id");
      return;
    }
    boolean sold = id.equals(first(setting));
    if (sold && !Boolean.TRUE.equals(price.getActive())) {
      findings.add(
          "%s: the price %s is archived: Product catalogue > the product > the price > Unarchive"
              .formatted(setting, id));
    }
    if (price.getRecurring() == null || !"month".equals(price.getRecurring().getInterval())) {
      findings.add("%s: the price %s is not monthly: make a monthly one".formatted(setting, id));
    }
    if (price.getRecurring() != null
        && "metered".equals(price.getRecurring().getUsageType())
        && !StripeAnswers.isByUnit(price)) {
      findings.add(
          "%s: the price %s has tiers, packages or no amount a unit, so jobs that come too late for"
                  .formatted(setting, id)
              + " their invoice cannot be billed by it: make one with an amount for each unit");
    }
  }

  private String first(String setting) {
    return settings.prices(setting.endsWith("PRO") ? Tier.PRO : Tier.ENTERPRISE).getFirst();
  }

  private void meter() throws StripeException {
    var params = MeterListParams.builder().setStatus(MeterListParams.Status.ACTIVE).setLimit(100L);
    Meter meter =
        stripe.v1().billing().meters().list(params.build()).getData().stream()
            .filter(one -> settings.meterEventName().equals(one.getEventName()))
            .findFirst()
            .orElse(null);
    if (meter == null) {
      findings.add(
          "There is no active meter with the event name %s: Billing > Meters > Create meter"
              .formatted(settings.meterEventName()));
      return;
    }
    if (!"sum".equals(meter.getDefaultAggregation().getFormula())) {
      findings.add("The meter does not sum: create one whose aggregation is sum");
    }
    if (!"stripe_customer_id".equals(meter.getCustomerMapping().getEventPayloadKey())
        || !"value".equals(meter.getValueSettings().getEventPayloadKey())) {
      findings.add(
          "The meter's payload keys are not stripe_customer_id and value: create one with these");
    }
  }

  private void endpoints() throws StripeException {
    var params = WebhookEndpointListParams.builder().setLimit(100L).build();
    Set<String> missing = new TreeSet<>(EVENTS);
    boolean any = false;
    for (WebhookEndpoint one : stripe.v1().webhookEndpoints().list(params).getData()) {
      if (one.getUrl().endsWith(ENDPOINT) && "enabled".equals(one.getStatus())) {
        any = true;
        Set<String> sent = new HashSet<>(one.getEnabledEvents());
        missing.removeIf(type -> sent.contains("*") || sent.contains(type));
      }
    }
    if (!any) {
      findings.add(
          "No enabled webhook endpoint ends with %s: Developers > Webhooks > Add destination"
              .formatted(ENDPOINT));
    } else if (!missing.isEmpty()) {
      findings.add(
          "The webhook endpoint is not sent %s: Developers > Webhooks > the endpoint > Edit"
              .formatted(String.join(", ", missing)));
    }
    if (settings.webhookSecrets().isEmpty()) {
      findings.add("OUTPOST_STRIPE_WEBHOOK_SECRET is not set: copy the endpoint's signing secret");
    }
  }

  private void portal() throws StripeException {
    var params = ConfigurationListParams.builder().setActive(true).build();
    if (stripe.v1().billingPortal().configurations().list(params).getData().isEmpty()) {
      findings.add(
          "The customer portal is not set up: Settings > Billing > Customer portal > Save");
    }
  }
}
