package io.outpost.routes;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.impl.engine.DefaultInflightRepository;

/**
 * Counts what is under way in each route, as Camel does, but over reloads: a route that is replaced
 * goes on being counted, and Camel does not wait for it. Thread-safe.
 */
final class Underway extends DefaultInflightRepository {

  private final Set<String> replaced = ConcurrentHashMap.newKeySet();

  /** Runs something that stops a route and must not wait for what is under way in it. */
  void withoutWaiting(String route, Step step) throws Exception {
    replaced.add(route);
    try {
      step.run();
    } finally {
      replaced.remove(route);
    }
  }

  /** What may fail. */
  interface Step {
    void run() throws Exception;
  }

  @Override
  public int size(String route) {
    return replaced.contains(route) ? 0 : super.size(route);
  }

  /** Its messages may still be under way, and the next route of that name counts on. */
  @Override
  public void removeRoute(String route) {
    // Kept.
  }
}
