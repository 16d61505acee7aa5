package io.outpost.billing;

import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * One request to Stripe.
 *
 * @param method GET, POST or DELETE
 * @param path such as {@code /v1/customers}
 * @param query the encoded query of a GET or DELETE, else null
 * @param form the encoded body of a POST, else null
 * @param idempotencyKey what makes repeating a POST safe, the same for every attempt; null where
 *     repeating is safe
 * @param once whether a second effect would do harm: after an error of Stripe's the caller looks
 *     what there is before it tries again
 */
public record StripeCall(
    String method,
    String path,
    @Nullable String query,
    @Nullable String form,
    @Nullable String idempotencyKey,
    boolean once) {

  /**
   * What is asked for: a call of ours, or a map (or its JSON) with {@code method}, {@code path} and
   * {@code params}; {@code key} makes repeating a POST safe beyond this one time.
   *
   * @throws IllegalArgumentException when it is neither
   */
  public static StripeCall of(@Body Object asked, Exchange exchange) {
    if (asked instanceof StripeCall call) {
      return call;
    }
    var map = asked instanceof Map<?, ?> given ? given : StripeWish.parse(String.valueOf(asked));
    return StripeWish.call(map, exchange.getExchangeId());
  }

  /** Reads. */
  public static StripeCall get(String path, @Nullable String query) {
    return new StripeCall("GET", path, query, null, null, false);
  }

  /** Ends something; ending it twice is once. */
  public static StripeCall delete(String path, @Nullable String query) {
    return new StripeCall("DELETE", path, query, null, null, false);
  }

  /** Changes something, once for each key; a second one would do no harm. */
  public static StripeCall post(
      String path, @Nullable String form, @Nullable String idempotencyKey) {
    return new StripeCall("POST", path, null, form, idempotencyKey, false);
  }

  /** Makes something of which there must not be two. */
  public static StripeCall make(String path, String form, String idempotencyKey) {
    return new StripeCall("POST", path, null, form, idempotencyKey, true);
  }
}
