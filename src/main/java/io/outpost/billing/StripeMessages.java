package io.outpost.billing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Queues;
import io.outpost.telemetry.QueueAges;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Writes and reads the messages of the queue {@code stripe}. Thread-safe. */
@Component("stripeMessages")
public class StripeMessages {
  private static final String QUEUE = "stripe";

  /**
   * The delay before a message of an unknown kind is received again. A deployment takes minutes,
   * and older containers should not receive the message in a loop meanwhile.
   */
  private static final int UNKNOWN_AGAIN_SECONDS = 60;

  private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

  private final Queues queues;
  private final ObjectMapper mapper;
  private final QueueAges ages;

  StripeMessages(Queues queues, ObjectMapper mapper, QueueAges ages) {
    this.ages = ages;
    this.queues = queues;
    this.mapper = mapper;
  }

  /** Requests the creation of a tenant's customer. */
  public void requestCustomer(@ExchangeProperty("tenantId") String tenantId) {
    send(
        new StripeMessage(StripeMessage.Kind.customer, tenantId, null, null, null, null), tenantId);
  }

  /** Requests the end of a deleted tenant's subscription. */
  public void requestClosing(@ExchangeProperty("tenantId") String tenantId) {
    send(new StripeMessage(StripeMessage.Kind.close, tenantId, null, null, null, null), tenantId);
  }

  /** Requests the next part of a tenant's usage report. */
  public void requestReport(@ExchangeProperty("tenantId") String tenantId) {
    send(new StripeMessage(StripeMessage.Kind.report, tenantId, null, null, null, null), tenantId);
  }

  /** Requests that an event is applied. */
  public void sendEvent(@ExchangeProperty("event") StripeEvent event) {
    send(
        new StripeMessage(StripeMessage.Kind.event, null, event, null, null, null),
        event.customer() == null ? "none" : event.customer());
  }

  /** Requests that a job is taken off the bill. */
  public void requestVoid(@ExchangeProperty("voiding") StripeMessage message) {
    send(message, message.concerned());
  }

  /**
   * Sends a message unchanged as a new one, for a container whose release knows its kind. A message
   * that is only returned to the queue would become a dead letter after some receptions.
   */
  public void leave(@ExchangeProperty("received") String body) {
    queues.send(QUEUE, body, "none", Map.of(), UNKNOWN_AGAIN_SECONDS);
  }

  /** Reads a message. */
  public StripeMessage read(@Body String body, @Header(QueueAges.SENT) @Nullable String sent)
      throws JsonProcessingException {
    ages.received(QUEUE, sent);
    return mapper.readValue(body, StripeMessage.class);
  }

  /** The object that an event contains, as maps. */
  public Map<String, Object> object(@Variable("wholeEvent") String event)
      throws JsonProcessingException {
    var data = mapper.readTree(event).path("data");
    return mapper.convertValue(data.has("object") ? data.get("object") : data, OBJECT);
  }

  private void send(StripeMessage message, String group) {
    try {
      queues.send(QUEUE, mapper.writeValueAsString(message), group, Map.of(), 0);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
