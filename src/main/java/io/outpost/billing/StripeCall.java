package io.outpost.billing;

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
    String method, String path, String query, String form, String idempotencyKey, boolean once) {

  /** Reads. */
  public static StripeCall get(String path, String query) {
    return new StripeCall("GET", path, query, null, null, false);
  }

  /** Ends something; ending it twice is once. */
  public static StripeCall delete(String path, String query) {
    return new StripeCall("DELETE", path, query, null, null, false);
  }

  /** Changes something, once for each key; a second one would do no harm. */
  public static StripeCall post(String path, String form, String idempotencyKey) {
    return new StripeCall("POST", path, null, form, idempotencyKey, false);
  }

  /** Makes something of which there must not be two. */
  public static StripeCall make(String path, String form, String idempotencyKey) {
    return new StripeCall("POST", path, null, form, idempotencyKey, true);
  }
}
