package io.outpost.billing;

/**
 * One request to Stripe.
 *
 * @param method GET, POST or DELETE
 * @param path such as {@code /v1/customers}
 * @param query the encoded query of a GET, else null
 * @param form the encoded body of a POST, else null
 * @param idempotencyKey what makes repeating a POST safe, the same for every attempt; null where
 *     repeating is safe
 */
public record StripeCall(
    String method, String path, String query, String form, String idempotencyKey) {

  /** Reads. */
  public static StripeCall get(String path, String query) {
    return new StripeCall("GET", path, query, null, null);
  }

  /** Ends something; ending it twice is once. */
  public static StripeCall delete(String path) {
    return new StripeCall("DELETE", path, null, null, null);
  }

  /** Changes something, once for each key. */
  public static StripeCall post(String path, String form, String idempotencyKey) {
    return new StripeCall("POST", path, null, form, idempotencyKey);
  }
}
