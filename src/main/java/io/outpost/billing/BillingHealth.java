package io.outpost.billing;

import io.outpost.health.HealthPart;
import java.util.stream.Collectors;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** Billing's state in the readiness check, for operators; it never makes a container unready. */
@Profile({"api", "local"})
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

  /**
   * Names the failing parts. The reasons are only in the log and the notices, because anyone may
   * read this state.
   */
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
