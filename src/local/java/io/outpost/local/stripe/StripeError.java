package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** An error answer of Stripe's API. */
final class StripeError extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String type;
  private final String code;
  private final String param;

  private StripeError(int status, String type, String code, String message) {
    this(status, type, code, null, message);
  }

  private StripeError(int status, String type, String code, String param, String message) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
  }

  static StripeError invalid(String code, String message) {
    return new StripeError(400, "invalid_request_error", code, message);
  }

  /** The fault of one parameter (docs.stripe.com/api/errors: {@code param}). */
  static StripeError invalid(String code, String param, String message) {
    return new StripeError(400, "invalid_request_error", code, param, message);
  }

  /** A card did not pay at once (docs.stripe.com/error-codes#card-declined). */
  static StripeError declined(Card card) {
    return card == Card.ASKS
        ? new StripeError(
            402, "card_error", "subscription_payment_intent_requires_action", "Confirm the payment")
        : new StripeError(402, "card_error", "card_declined", "Your card was declined.");
  }

  /** A restricted key lacks the right (docs.stripe.com/keys#limit-access). */
  static StripeError forbidden(String path) {
    return new StripeError(
        403,
        "invalid_request_error",
        null,
        "The provided key does not have the required permissions for this endpoint: " + path);
  }

  /** An API version that never existed (docs.stripe.com/api/versioning). */
  static StripeError unknownVersion(String version) {
    return new StripeError(
        400, "invalid_request_error", null, "Invalid Stripe API version: " + version);
  }

  /**
   * An object belongs to the other mode, test or live
   * (docs.stripe.com/error-codes#resource-missing).
   */
  static StripeError otherMode(String kind, String id) {
    return new StripeError(
        404,
        "invalid_request_error",
        "resource_missing",
        kind,
        "No such "
            + kind
            + ": '"
            + id
            + "'; a similar object exists in live mode, but a test mode key was used");
  }

  /**
   * An object does not exist. The API v1 calls this {@code resource_missing}
   * (docs.stripe.com/error-codes). We found no page that documents the code of the API v2.
   */
  static StripeError missing(String kind, String id) {
    return new StripeError(
        404,
        "invalid_request_error",
        kind.startsWith("v2.") ? "not_found" : "resource_missing",
        kind,
        "No such " + kind + ": '" + id + "'");
  }

  static StripeError unauthorized() {
    return new StripeError(401, "invalid_request_error", null, "Invalid API Key provided");
  }

  static StripeError unknownUrl(String method, String path) {
    return new StripeError(
        404,
        "invalid_request_error",
        null,
        "Unrecognized request URL (" + method + ": " + path + ")");
  }

  static StripeError keyReused() {
    return new StripeError(
        400,
        "idempotency_error",
        null,
        "Keys for idempotent requests can only be used with the same parameters");
  }

  static StripeError keyInUse() {
    return new StripeError(
        409, "idempotency_error", "idempotency_key_in_use", "Another request uses this key now");
  }

  static StripeError rateLimited() {
    return new StripeError(429, "invalid_request_error", "rate_limit", "Too many requests");
  }

  static StripeError lockTimeout() {
    return new StripeError(
        429,
        "invalid_request_error",
        "lock_timeout",
        "This object cannot be accessed right now because another request uses it");
  }

  static StripeError internal() {
    return new StripeError(500, "api_error", null, "An unknown error occurred");
  }

  int status() {
    return status;
  }

  ObjectNode body() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    ObjectNode error = body.putObject("error").put("message", getMessage()).put("type", type);
    if (code != null) {
      error.put("code", code);
    }
    if (param != null) {
      error.put("param", param);
    }
    return body;
  }
}
