package io.outpost.webhooks;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer of an endpoint.
 *
 * @param statusCode null without an answer
 * @param error why there was no answer; null when there was one
 * @param headers the first few of the answer
 * @param body the first bytes of the answer
 * @param retryAfter from the endpoint's Retry-After; null: none
 */
public record Answer(
    Instant at,
    Duration took,
    @Nullable Integer statusCode,
    @Nullable String error,
    Map<String, String> headers,
    @Nullable String body,
    @Nullable Instant retryAfter) {

  /** Whether the endpoint accepted the delivery. */
  public boolean isSuccess() {
    return statusCode != null && statusCode >= 200 && statusCode < 300;
  }

  /** Whether the endpoint answered that it is gone. */
  public boolean isGone() {
    return statusCode != null && statusCode == 410;
  }
}
