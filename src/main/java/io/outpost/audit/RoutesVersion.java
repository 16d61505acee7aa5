package io.outpost.audit;

import org.springframework.stereotype.Component;

/** Which routes run, as a short hash of their files: entries of jobs name it. Thread-safe. */
@Component
public class RoutesVersion {

  private volatile String current = "";

  /** The hash; empty before the first routes are read. */
  public String current() {
    return current;
  }

  /** From now on other routes run. */
  public void become(String version) {
    current = version;
  }
}
