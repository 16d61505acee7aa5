package io.outpost.routes;

import io.outpost.audit.RoutesVersion;
import io.outpost.health.HealthPart;
import org.springframework.stereotype.Component;

/** Shows the version of the running routes in the readiness check. Thread-safe. */
@Component
class RoutesHealth implements HealthPart {

  private final RoutesVersion version;

  RoutesHealth(RoutesVersion version) {
    this.version = version;
  }

  @Override
  public String name() {
    return "routes";
  }

  @Override
  public boolean asksNothing() {
    return true;
  }

  @Override
  public String state() {
    return version.current();
  }
}
