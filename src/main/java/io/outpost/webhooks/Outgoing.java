package io.outpost.webhooks;

import io.opentelemetry.api.trace.Span;
import io.outpost.event.Event;
import io.outpost.telemetry.LogSubject;
import io.outpost.telemetry.Tracing;
import java.util.Map;

/**
 * A signed delivery, ready to be sent, in the trace of its event.
 *
 * @param headers including the signatures
 */
public record Outgoing(
    Endpoint endpoint, Delivery delivery, Event event, Map<String, String> headers)
    implements LogSubject {

  @Override
  public Map<String, String> logFields() {
    return Map.of("tenant_id", endpoint.tenantId(), "webhook_id", endpoint.webhookId());
  }

  @Override
  public Span span() {
    return Tracing.remote(event.traceParent());
  }
}
