package io.outpost.audit;

import org.springframework.stereotype.Component;

/**
 * The version of the running routes, a short hash of their files. Audit entries of jobs name it.
 * Thread-safe.
 */
@Component
public class RoutesVersion {

  private volatile String current = "";

  /** The hash; empty before the first routes are read. */
  public String current() {
    return current;
  }

  /** Sets the version after a reload. */
  public void become(String version) {
    current = version;
  }
}
