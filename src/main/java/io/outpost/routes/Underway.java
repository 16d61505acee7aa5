package io.outpost.routes;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.impl.engine.DefaultInflightRepository;

/**
 * Counts the messages in progress in each route, as Camel does, but keeps the count across reloads.
 * Camel does not wait for the messages of a replaced route. Thread-safe.
 */
final class Underway extends DefaultInflightRepository {

  private final Set<String> replaced = ConcurrentHashMap.newKeySet();

  /** Runs an action that stops a route without waiting for its messages in progress. */
  void withoutWaiting(String route, Step step) throws Exception {
    replaced.add(route);
    try {
      step.run();
    } finally {
      replaced.remove(route);
    }
  }

  /** An action that may fail. */
  interface Step {
    void run() throws Exception;
  }

  @Override
  public int size(String route) {
    return replaced.contains(route) ? 0 : super.size(route);
  }

  /**
   * Its messages may still be in progress, and the next route with this name continues the count.
   */
  @Override
  public void removeRoute(String route) {
    // The count stays.
  }
}
