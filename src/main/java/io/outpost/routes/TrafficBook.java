package io.outpost.routes;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.stereotype.Component;

/**
 * The traffic of each route and step. Counted only when there is a page to show it. Thread-safe.
 */
@Component
class TrafficBook {

  private final Map<String, Traffic> all = new ConcurrentHashMap<>();
  private final boolean isOpen;

  TrafficBook(Environment environment, @Value("${management.server.port}") int port) {
    this.isOpen = port >= 0 || environment.acceptsProfiles(Profiles.of("local"));
  }

  /** Whether traffic is counted. */
  boolean isOpen() {
    return isOpen;
  }

  /** The traffic of a route. */
  Traffic of(String route) {
    return all.computeIfAbsent(route, id -> new Traffic());
  }

  /** The traffic of a step. */
  Traffic of(String route, String step) {
    return of(route + "/" + step);
  }
}
