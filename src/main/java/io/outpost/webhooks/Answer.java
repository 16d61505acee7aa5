package io.outpost.webhooks;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came back from an endpoint.
 *
 * @param statusCode null when nothing did
 * @param error why nothing did; null when something did
 * @param headers of the answer, the first few
 * @param body the first bytes of the answer
 * @param retryAfter when the endpoint wants to be asked again; null: it does not say
 */
public record Answer(
    Instant at,
    Duration took,
    @Nullable Integer statusCode,
    @Nullable String error,
    Map<String, String> headers,
    @Nullable String body,
    @Nullable Instant retryAfter) {

  /** The endpoint has taken it. */
  public boolean isSuccess() {
    return statusCode != null && statusCode >= 200 && statusCode < 300;
  }

  /** The endpoint says that it is no more. */
  public boolean isGone() {
    return statusCode != null && statusCode == 410;
  }
}
