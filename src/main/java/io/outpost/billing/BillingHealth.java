package io.outpost.billing;

import io.outpost.health.HealthPart;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;

/** The operator's line in the readiness answer; billing at rest never sends requests elsewhere. */
@Component
class BillingHealth implements HealthPart {
  private final BillingAlarms alarms;

  BillingHealth(BillingAlarms alarms) {
    this.alarms = alarms;
  }

  @Override
  public String name() {
    return "billing";
  }

  /** Names what does not work; why is in the log and the notice, for anybody may read this. */
  @Override
  public String state() {
    var standing = alarms.standing();
    return standing.isEmpty()
        ? "UP"
        : standing.stream()
            .map(BillingAlarms.Alarm::what)
            .collect(Collectors.joining(", ", "ATTENTION: ", ""));
  }
}
