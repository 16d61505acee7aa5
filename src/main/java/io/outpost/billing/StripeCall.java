package io.outpost.billing;

import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * One request to Stripe.
 *
 * @param method GET, POST or DELETE
 * @param path such as {@code /v1/customers}
 * @param query the encoded query of a GET or DELETE, otherwise null
 * @param form the encoded body of a POST, otherwise null
 * @param idempotencyKey makes repeating a POST safe, the same for every attempt; null when
 *     repeating is safe anyway
 * @param once whether a second effect would be harmful: after an error of Stripe the caller looks
 *     for the effect before trying again
 */
public record StripeCall(
    String method,
    String path,
    @Nullable String query,
    @Nullable String form,
    @Nullable String idempotencyKey,
    boolean once) {
  private static final String CALLERS_HEADERS = "callersHeaders";

  /**
   * Converts what a route asks for into a call: a {@link StripeCall}, or a map (or its JSON) with
   * {@code method}, {@code path} and {@code params}. With a {@code key} in the map, a POST can be
   * repeated safely even in another exchange. Keeps the caller's headers, in case the call fails.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static StripeCall of(@Body Object asked, Exchange exchange) {
    exchange.setVariable(CALLERS_HEADERS, new HashMap<>(exchange.getMessage().getHeaders()));
    if (asked instanceof StripeCall call) {
      return call;
    }
    var map = asked instanceof Map<?, ?> given ? given : StripeWish.parse(String.valueOf(asked));
    return StripeWish.call(map, exchange.getExchangeId());
  }

  /**
   * Restores the caller's headers after a failed call, as Camel does after a successful one. They
   * include the receipt without which a message could not be deleted from its queue after its
   * failure was handled.
   */
  static void restore(Exchange exchange) {
    Map<?, ?> kept = exchange.getVariable(CALLERS_HEADERS, Map.class);
    if (kept != null) {
      kept.forEach((name, value) -> exchange.getMessage().setHeader((String) name, value));
    }
  }

  /** A GET. */
  public static StripeCall get(String path, @Nullable String query) {
    return new StripeCall("GET", path, query, null, null, false);
  }

  /** A DELETE; repeating it changes nothing. */
  public static StripeCall delete(String path, @Nullable String query) {
    return new StripeCall("DELETE", path, query, null, null, false);
  }

  /**
   * A POST that takes effect once for each key. If it still happened twice, that would be harmless.
   */
  public static StripeCall post(
      String path, @Nullable String form, @Nullable String idempotencyKey) {
    return new StripeCall("POST", path, null, form, idempotencyKey, false);
  }

  /** A POST that creates an object which must not exist twice. */
  public static StripeCall make(String path, String form, String idempotencyKey) {
    return new StripeCall("POST", path, null, form, idempotencyKey, true);
  }
}
