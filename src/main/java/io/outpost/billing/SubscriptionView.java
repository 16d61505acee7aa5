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
 * Shows a tenant its subscription. Previews of invoices are cached for minutes and subscriptions
 * for seconds, so that frequent requests do not use up our rate limit at Stripe. Thread-safe.
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
   * The deciding subscription.
   *
   * @param subscription its id at Stripe
   * @param status Stripe's status
   */
  public record Subscribed(
      String subscription,
      String status,
      String priceId,
      Instant periodStart,
      Instant periodEnd,
      boolean cancelAtPeriodEnd) {}

  /** The amount of the next invoice, as known now. */
  public record NextInvoice(long amountDue, String currency, Instant at) {}

  /** The answer to the tenant. */
  record Subscription(
      @Nullable Tier tier,
      @Nullable String status,
      @Nullable String priceId,
      Instant periodStart,
      Instant periodEnd,
      boolean cancelAtPeriodEnd,
      @Nullable NextInvoice nextInvoice) {}

  /** The cached subscriptions; null when they must be read. */
  public @Nullable String known(@ExchangeProperty("customer") String customer) {
    return lists.getIfPresent(customer);
  }

  /** Caches the subscriptions from Stripe. */
  public void keep(
      @ExchangeProperty("customer") String customer,
      @Variable("subscriptions") String subscriptions) {
    lists.put(customer, subscriptions);
  }

  /** The deciding subscription; null when none is paid or unpaid. */
  public @Nullable Subscribed subscribed(
      @Variable("subscriptions") @Nullable String subscriptions) {
    if (subscriptions == null) {
      return null;
    }
    return Entitlement.deciding(StripeAnswers.subscriptions(subscriptions), tiers)
        .map(one -> StripeAnswers.subscribed(subscriptions, one.id(), tiers))
        .orElse(null);
  }

  /** Whether the next invoice must be read from Stripe. */
  public boolean isUnknown(@ExchangeProperty("subscribed") @Nullable Subscribed subscribed) {
    return subscribed != null && previews.getIfPresent(subscribed) == null;
  }

  /**
   * Caches the preview of the next invoice; {@code preview} is null when no invoice will follow.
   */
  public void preview(
      @ExchangeProperty("subscribed") Subscribed subscribed,
      @Variable("preview") @Nullable String preview) {
    previews.put(
        subscribed,
        Optional.ofNullable(preview)
            .map(json -> StripeAnswers.nextInvoice(json, subscribed.periodEnd())));
  }

  /** The answer to the tenant. */
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
