package io.outpost.billing;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.outpost.http.Call;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Tells a tenant what it has subscribed to. Previews of invoices are kept for minutes and what is
 * subscribed to for seconds, so that who asks often does not use up our calls to Stripe.
 * Thread-safe.
 */
@Component("subscriptionView")
public class SubscriptionView {
  private static final Duration LIST_KEPT = Duration.ofSeconds(2);
  private static final Duration PREVIEW_KEPT = Duration.ofMinutes(5);
  private static final int MOST = 10_000;

  private final Map<String, Tier> tiers;
  private final Cache<String, String> lists =
      Caffeine.newBuilder().maximumSize(MOST).expireAfterWrite(LIST_KEPT).build();
  private final Cache<Subscribed, Optional<NextInvoice>> previews =
      Caffeine.newBuilder().maximumSize(MOST).expireAfterWrite(PREVIEW_KEPT).build();

  SubscriptionView(StripeSettings settings) {
    this.tiers = settings.tiers();
  }

  /**
   * The subscription that decides.
   *
   * @param subscription its id
   * @param status Stripe's word
   */
  public record Subscribed(
      String subscription,
      String status,
      String priceId,
      Instant periodStart,
      Instant periodEnd,
      boolean cancelAtPeriodEnd) {}

  /** What the next invoice will come to, as of now. */
  public record NextInvoice(long amountDue, String currency, Instant at) {}

  /** The answer. */
  record Subscription(
      @Nullable Tier tier,
      @Nullable String status,
      @Nullable String priceId,
      Instant periodStart,
      Instant periodEnd,
      boolean cancelAtPeriodEnd,
      @Nullable NextInvoice nextInvoice) {}

  /** What Stripe listed a moment ago; null where it is to be asked. */
  public @Nullable String known(@ExchangeProperty("customer") String customer) {
    return lists.getIfPresent(customer);
  }

  /** Keeps what Stripe listed. */
  public void keep(
      @ExchangeProperty("customer") String customer,
      @Variable("subscriptions") String subscriptions) {
    lists.put(customer, subscriptions);
  }

  /** What is subscribed to; null for nothing that is paid or owed. */
  public @Nullable Subscribed subscribed(
      @Variable("subscriptions") @Nullable String subscriptions) {
    if (subscriptions == null) {
      return null;
    }
    return Entitlement.deciding(StripeAnswers.subscriptions(subscriptions), tiers)
        .map(one -> StripeAnswers.subscribed(subscriptions, one.id(), tiers))
        .orElse(null);
  }

  /** Whether Stripe is to be asked for the next invoice. */
  public boolean isUnknown(@ExchangeProperty("subscribed") @Nullable Subscribed subscribed) {
    return subscribed != null && previews.getIfPresent(subscribed) == null;
  }

  /** Keeps what the next invoice would be; {@code preview} is null where none will come. */
  public void preview(
      @ExchangeProperty("subscribed") Subscribed subscribed,
      @Variable("preview") @Nullable String preview) {
    previews.put(
        subscribed,
        Optional.ofNullable(preview)
            .map(json -> StripeAnswers.nextInvoice(json, subscribed.periodEnd())));
  }

  /** What the tenant hears. */
  public Subscription answer(
      @ExchangeProperty(Call.NAME) Call call,
      @ExchangeProperty("tenant") @Nullable Tenant tenant,
      @ExchangeProperty("subscribed") @Nullable Subscribed subscribed) {
    var terms = tenant == null ? call.principal().terms() : tenant.terms();
    if (subscribed == null) {
      var period = terms.period(call.arrived());
      var status = tenant == null ? null : tenant.subscriptionStatus();
      return new Subscription(
          terms.tier(), status, null, period.start(), period.end(), false, null);
    }
    var preview = previews.getIfPresent(subscribed);
    return new Subscription(
        tiers.get(subscribed.priceId()),
        subscribed.status(),
        subscribed.priceId(),
        subscribed.periodStart(),
        subscribed.periodEnd(),
        subscribed.cancelAtPeriodEnd(),
        preview == null ? null : preview.orElse(null));
  }
}
