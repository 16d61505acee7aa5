package io.outpost.webhooks;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.outpost.event.EventType;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A delivery as clients see it. Request and answer are included only when one delivery is read.
 *
 * @param request the address and the first bytes of the body
 */
public record DeliveryView(
    String deliveryId,
    String eventId,
    EventType type,
    Delivery.Status status,
    Instant createdAt,
    List<AttemptView> attempts,
    @Nullable Instant nextAttemptAt,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Request request) {

  private static final int SHOWN = 4096;

  /** The request. */
  public record Request(String url, @Nullable String body) {}

  /** One attempt. */
  public record AttemptView(
      Instant at,
      @Nullable Integer statusCode,
      @Nullable String error,
      long durationMs,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Map<String, String> requestHeaders,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Map<String, String> responseHeaders,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String responseBody) {}

  static DeliveryView of(Delivery delivery) {
    return of(delivery, false, null);
  }

  static DeliveryView whole(Delivery delivery, String url, @Nullable String payload) {
    return of(delivery, true, new Request(url, payload == null ? null : first(payload)));
  }

  private static DeliveryView of(Delivery d, boolean whole, @Nullable Request request) {
    return new DeliveryView(
        d.deliveryId(),
        d.eventId(),
        d.type(),
        d.status(),
        d.createdAt(),
        d.attempts().stream()
            .map(
                a ->
                    new AttemptView(
                        a.at(),
                        a.statusCode(),
                        a.error(),
                        a.durationMs(),
                        whole ? a.requestHeaders() : null,
                        whole ? a.responseHeaders() : null,
                        whole ? a.responseBody() : null))
            .toList(),
        d.nextAttemptAt(),
        request);
  }

  /** The first 4 KiB of a text, cut between two characters. */
  static String first(String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= SHOWN) {
      return text;
    }
    var end = SHOWN;
    while ((bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }
}
