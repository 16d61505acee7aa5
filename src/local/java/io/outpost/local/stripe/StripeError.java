package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** An error answer of Stripe's API. */
final class StripeError extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String type;
  private final String code;

  private StripeError(int status, String type, String code, String message) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.code = code;
  }

  static StripeError invalid(String code, String message) {
    return new StripeError(400, "invalid_request_error", code, message);
  }

  static StripeError missing(String kind, String id) {
    return new StripeError(
        404, "invalid_request_error", "resource_missing", "No such " + kind + ": '" + id + "'");
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
    return body;
  }
}
