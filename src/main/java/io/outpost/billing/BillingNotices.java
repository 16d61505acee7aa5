package io.outpost.billing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** Writes notices to operators, as JSON for the topic. Stateless. */
@Component("billingNotices")
public class BillingNotices {
  private final ObjectMapper mapper;

  BillingNotices(ObjectMapper mapper) {
    this.mapper = mapper;
  }

  /** The notice of an event about a tenant's money at Stripe, with advice. */
  public String money(
      @ExchangeProperty("event") StripeEvent event,
      @ExchangeProperty("customer") String customer,
      @ExchangeProperty("tenantId") String tenantId,
      @ExchangeProperty("advice") String advice)
      throws JsonProcessingException {
    return mapper.writeValueAsString(
        Map.of(
            "notice", "stripe-event",
            "type", event.type(),
            "event", event.id(),
            "customer", String.valueOf(customer),
            "tenant_id", String.valueOf(tenantId),
            "at", event.created(),
            "advice", advice));
  }

  /** The notice of a fault at Stripe that only an operator can repair. */
  public String alarm(@ExchangeProperty("told") BillingAlarms.Alarm alarm)
      throws JsonProcessingException {
    return mapper.writeValueAsString(
        Map.of(
            "notice", "billing-alarm",
            "what", alarm.what(),
            "why", alarm.why(),
            "since", alarm.since()));
  }
}
