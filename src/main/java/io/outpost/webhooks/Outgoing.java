package io.outpost.webhooks;

import io.outpost.event.Event;
import java.util.Map;

/**
 * A delivery that is about to be sent.
 *
 * @param headers with the signatures
 */
public record Outgoing(
    Endpoint endpoint, Delivery delivery, Event event, Map<String, String> headers) {}
