package io.outpost.webhooks;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.outpost.event.EventType;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint as clients see it.
 *
 * @param secret only in the answer of the request that creates it
 */
public record EndpointView(
    String webhookId,
    String tenantId,
    String url,
    List<EventType> events,
    @Nullable String description,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String secret,
    Endpoint.Status status,
    @Nullable String disabledReason,
    @Nullable Instant failingSince,
    Instant createdAt,
    Instant updatedAt) {

  static EndpointView of(Endpoint endpoint) {
    return of(endpoint, null);
  }

  static EndpointView of(Endpoint endpoint, @Nullable String secret) {
    return new EndpointView(
        endpoint.webhookId(),
        endpoint.tenantId(),
        endpoint.url(),
        endpoint.events(),
        endpoint.description(),
        secret,
        endpoint.status(),
        endpoint.disabledReason(),
        endpoint.failingSince(),
        endpoint.createdAt(),
        endpoint.updatedAt());
  }
}
