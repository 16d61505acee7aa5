package io.outpost.billing;

import com.google.gson.JsonSyntaxException;
import com.stripe.model.Charge;
import com.stripe.model.Customer;
import com.stripe.model.CustomerBalanceTransactionCollection;
import com.stripe.model.CustomerCollection;
import com.stripe.model.Invoice;
import com.stripe.model.InvoiceCollection;
import com.stripe.model.InvoiceItemCollection;
import com.stripe.model.Price;
import com.stripe.model.StripeObject;
import com.stripe.model.Subscription;
import com.stripe.model.SubscriptionCollection;
import com.stripe.model.SubscriptionItem;
import com.stripe.model.billing.Meter;
import com.stripe.model.billing.MeterCollection;
import com.stripe.model.billing.MeterEventSummaryCollection;
import com.stripe.model.checkout.SessionCollection;
import com.stripe.net.ApiResource;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads Stripe's answers with stripe-java's types. Stateless. */
public final class StripeAnswers {
  private static final List<String> ENDED = List.of("canceled", "incomplete_expired");

  private StripeAnswers() {}

  /** An answer that is not in the form that Stripe documents. */
  public static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unreadable(Class<?> expected) {
      super("Stripe's answer is no " + expected.getSimpleName());
    }
  }

  /** The id of the customer that was created. */
  public static String customerId(String json) {
    return required(read(json, Customer.class).getId(), Customer.class);
  }

  /** The tenant in a customer's metadata; empty for a customer that is deleted or not ours. */
  public static Optional<String> tenantOf(String json) {
    Customer customer = read(json, Customer.class);
    return Boolean.TRUE.equals(customer.getDeleted()) || customer.getMetadata() == null
        ? Optional.empty()
        : Optional.ofNullable(customer.getMetadata().get(StripeRequests.TENANT));
  }

  /** The oldest customer in a list that was created for this tenant. */
  public static Optional<String> customerOf(String json, String tenantId) {
    return required(read(json, CustomerCollection.class).getData(), CustomerCollection.class)
        .stream()
        .filter(customer -> customer.getMetadata() != null)
        .filter(customer -> tenantId.equals(customer.getMetadata().get(StripeRequests.TENANT)))
        .map(Customer::getId)
        .reduce((newer, older) -> older);
  }

  /** The customer who made a payment. */
  static Optional<String> payer(String json) {
    return Optional.ofNullable(read(json, Charge.class).getCustomer());
  }

  /** Whether a customer was deleted. */
  public static boolean isDeletedCustomer(String json) {
    return Boolean.TRUE.equals(read(json, Customer.class).getDeleted());
  }

  /** The address of a checkout or portal session, for the browser. */
  public static String sessionUrl(String json) {
    // Sessions of both kinds have the address under this name.
    return required(
        read(json, com.stripe.model.checkout.Session.class).getUrl(),
        com.stripe.model.checkout.Session.class);
  }

  /** Whether a price is metered. */
  public static boolean isMetered(String json) {
    Price price = read(json, Price.class);
    return price.getRecurring() != null && "metered".equals(price.getRecurring().getUsageType());
  }

  /** How a price bills. */
  static StripePrices.Terms terms(String json) {
    return new StripePrices.Terms(isMetered(json), isByUnit(read(json, Price.class)));
  }

  /** Whether each unit costs the same: the price has no tiers, packages or custom amounts. */
  static boolean isByUnit(Price price) {
    return price.getUnitAmountDecimal() != null
        && !"tiered".equals(price.getBillingScheme())
        && price.getTransformQuantity() == null;
  }

  /** The subscriptions of a list, newest first. */
  public static List<StripeSubscription> subscriptions(String json) {
    return required(
            read(json, SubscriptionCollection.class).getData(), SubscriptionCollection.class)
        .stream()
        .map(StripeAnswers::subscribed)
        .toList();
  }

  /**
   * The subscriptions of a list, each with the time since which it is past due: the creation of its
   * oldest open invoice or, without one, of its oldest uncollectible invoice after the last paid
   * one.
   *
   * @param invoices a list of the customer's invoices
   */
  public static List<StripeSubscription> subscriptions(String json, String invoices) {
    Map<String, Instant> oldest = new HashMap<>();
    Map<String, Instant> givenUp = new HashMap<>();
    required(read(invoices, InvoiceCollection.class).getData(), InvoiceCollection.class).stream()
        .filter(invoice -> subscriptionOf(invoice) != null)
        .sorted(Comparator.comparing(Invoice::getCreated))
        .forEach(
            invoice -> {
              var made = at(invoice.getCreated());
              switch (String.valueOf(invoice.getStatus())) {
                case "open" -> oldest.putIfAbsent(subscriptionOf(invoice), made);
                case "uncollectible" -> givenUp.putIfAbsent(subscriptionOf(invoice), made);
                case "paid" -> givenUp.remove(subscriptionOf(invoice));
                default -> {
                  // A draft is not due yet, and a voided invoice is no longer due.
                }
              }
            });
    givenUp.forEach(oldest::putIfAbsent);
    return subscriptions(json).stream()
        .map(one -> one.unpaidSince(oldest.getOrDefault(one.id(), one.unpaidSince())))
        .toList();
  }

  private static @Nullable String subscriptionOf(Invoice invoice) {
    var parent = invoice.getParent();
    return parent == null || parent.getSubscriptionDetails() == null
        ? null
        : parent.getSubscriptionDetails().getSubscription();
  }

  /** The ids of the checkout sessions of a list. */
  public static List<String> checkouts(String json) {
    return required(read(json, SessionCollection.class).getData(), SessionCollection.class).stream()
        .map(com.stripe.model.checkout.Session::getId)
        .toList();
  }

  /** The ids of the subscriptions of a list that have not ended. */
  public static List<String> living(String json) {
    return subscriptions(json).stream()
        .filter(one -> !ENDED.contains(one.status()))
        .map(StripeSubscription::id)
        .toList();
  }

  private static StripeSubscription subscribed(Subscription subscription) {
    List<SubscriptionItem> items = required(subscription.getItems(), Subscription.class).getData();
    Invoice newest = subscription.getLatestInvoiceObject();
    boolean unpaid =
        newest != null
            && List.of("open", "uncollectible").contains(String.valueOf(newest.getStatus()));
    return new StripeSubscription(
        required(subscription.getId(), Subscription.class),
        required(subscription.getStatus(), Subscription.class),
        items.stream().map(item -> item.getPrice().getId()).toList(),
        at(subscription.getCreated()),
        at(subscription.getBillingCycleAnchor()),
        at(unpaid ? newest.getCreated() : periodStart(subscription)));
  }

  private static Long periodStart(Subscription subscription) {
    return subscription.getItems().getData().stream()
        .map(SubscriptionItem::getCurrentPeriodStart)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(subscription.getBillingCycleAnchor());
  }

  /**
   * What the tenant sees of its subscription; the tier is the highest one of its items with prices
   * of ours.
   */
  static SubscriptionView.Subscribed subscribed(
      String json, String subscription, Map<String, Tier> tiers) {
    Subscription one =
        read(json, SubscriptionCollection.class).getData().stream()
            .filter(each -> each.getId().equals(subscription))
            .findFirst()
            .orElseThrow(() -> new Unreadable(Subscription.class));
    SubscriptionItem item =
        one.getItems().getData().stream()
            .filter(each -> tiers.containsKey(each.getPrice().getId()))
            .max(Comparator.comparing(each -> tiers.get(each.getPrice().getId())))
            .orElseThrow(() -> new Unreadable(SubscriptionItem.class));
    return new SubscriptionView.Subscribed(
        one.getId(),
        one.getStatus(),
        item.getPrice().getId(),
        at(item.getCurrentPeriodStart()),
        at(item.getCurrentPeriodEnd()),
        // The portal and newer API versions set this date instead of the flag.
        Boolean.TRUE.equals(one.getCancelAtPeriodEnd()) || one.getCancelAt() != null);
  }

  /** The amount of the next invoice, from a preview. */
  static SubscriptionView.NextInvoice nextInvoice(String json, Instant at) {
    Invoice invoice = read(json, Invoice.class);
    return new SubscriptionView.NextInvoice(
        required(invoice.getAmountDue(), Invoice.class), invoice.getCurrency(), at);
  }

  /** The number of jobs that Stripe counted, summed over all windows of a summary. */
  public static long counted(String json) {
    return required(
            read(json, MeterEventSummaryCollection.class).getData(),
            MeterEventSummaryCollection.class)
        .stream()
        .mapToLong(summary -> summary.getAggregatedValue().longValue())
        .sum();
  }

  /** The number of jobs that Stripe counted in each window of a summary, by the window's start. */
  public static Map<Instant, Long> countedByStart(String json) {
    Map<Instant, Long> counts = new HashMap<>();
    required(
            read(json, MeterEventSummaryCollection.class).getData(),
            MeterEventSummaryCollection.class)
        .forEach(
            summary ->
                counts.merge(
                    at(summary.getStartTime()),
                    summary.getAggregatedValue().longValue(),
                    Long::sum));
    return counts;
  }

  /**
   * The lines of all invoices in a list. Stripe has one line for each tier of a price; here they
   * are merged.
   */
  public static List<InvoiceLine> lines(String json) {
    return required(read(json, InvoiceCollection.class).getData(), InvoiceCollection.class).stream()
        .flatMap(
            invoice ->
                InvoiceLine.merged(
                    required(invoice.getLines(), Invoice.class).getData().stream()
                        .map(line -> InvoiceLine.of(invoice, line))
                        .toList()))
        .toList();
  }

  /** The beginnings of the current periods of metered subscriptions that have not ended. */
  static List<Instant> livingByUse(String json) {
    return required(
            read(json, SubscriptionCollection.class).getData(), SubscriptionCollection.class)
        .stream()
        .filter(one -> !ENDED.contains(one.getStatus()))
        .flatMap(one -> one.getItems().getData().stream())
        .filter(EndedUse::isByUse)
        .map(item -> Instant.ofEpochSecond(item.getCurrentPeriodStart()))
        .toList();
  }

  /** The last periods of metered subscriptions that have ended. */
  static List<EndedUse> ended(String json) {
    return required(
            read(json, SubscriptionCollection.class).getData(), SubscriptionCollection.class)
        .stream()
        .flatMap(EndedUse::of)
        .toList();
  }

  /**
   * Whether the portal cannot change any current subscription of a list, because each has several
   * or metered prices.
   */
  static boolean areFixed(String json) {
    return required(
            read(json, SubscriptionCollection.class).getData(), SubscriptionCollection.class)
        .stream()
        .filter(one -> !ENDED.contains(one.getStatus()))
        .allMatch(
            one ->
                one.getItems().getData().size() > 1
                    || one.getItems().getData().stream().anyMatch(EndedUse::isByUse));
  }

  /** The invoice item of an adjustment, as a line with one unit for each job that it names. */
  static Optional<InvoiceLine> position(String json, String adjustment) {
    return required(read(json, InvoiceItemCollection.class).getData(), InvoiceItemCollection.class)
        .stream()
        .filter(item -> item.getMetadata() != null)
        .filter(item -> adjustment.equals(item.getMetadata().get(StripeRequests.ADJUSTMENT)))
        .findFirst()
        .map(InvoiceLine::of);
  }

  /** The adjustments that the invoice items of a list belong to. */
  static Set<String> adjustments(String json) {
    return required(read(json, InvoiceItemCollection.class).getData(), InvoiceItemCollection.class)
        .stream()
        .filter(item -> item.getMetadata() != null)
        .map(item -> item.getMetadata().get(StripeRequests.ADJUSTMENT))
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }

  /** The jobs that the balance transactions, or invoice items, of a list name. */
  public static Set<String> jobsOf(String json) {
    Set<String> jobs = new HashSet<>();
    required(
            read(json, CustomerBalanceTransactionCollection.class).getData(),
            CustomerBalanceTransactionCollection.class)
        .forEach(
            one -> {
              if (one.getMetadata() != null && one.getMetadata().containsKey(StripeRequests.JOB)) {
                jobs.add(one.getMetadata().get(StripeRequests.JOB));
              }
            });
    return jobs;
  }

  /** The id of the meter that sums events of a name. */
  public static Optional<String> meterOf(String json, String eventName) {
    return required(read(json, MeterCollection.class).getData(), MeterCollection.class).stream()
        .filter(meter -> eventName.equals(meter.getEventName()))
        .map(Meter::getId)
        .findFirst();
  }

  private static Instant at(Long epochSecond) {
    return Instant.ofEpochSecond(required(epochSecond, Subscription.class));
  }

  private static <T> T required(T value, Class<?> type) {
    if (Objects.isNull(value)) {
      throw new Unreadable(type);
    }
    return value;
  }

  private static <T extends StripeObject> T read(String json, Class<T> type) {
    try {
      return required(ApiResource.GSON.fromJson(json, type), type);
    } catch (JsonSyntaxException e) {
      // The cause is dropped, because it quotes the answer, which may name a customer.
      throw new Unreadable(type);
    }
  }
}
