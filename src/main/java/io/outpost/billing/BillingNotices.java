package io.outpost.billing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** What operators are told, as JSON for the topic of notices. Stateless. */
@Component("billingNotices")
public class BillingNotices {
  private final ObjectMapper mapper;

  BillingNotices(ObjectMapper mapper) {
    this.mapper = mapper;
  }

  /** Something at Stripe that only an operator can mend. */
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
