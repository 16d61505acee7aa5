package io.outpost;

import java.lang.management.ManagementFactory;

/**
 * Threads that carry virtual threads: more than a small machine's processors. Before JDK 26 a
 * virtual thread keeps its carrier while it waits for a class to be initialized; when all of them
 * did, the one whose lock that class needs could never run, and the process would answer nobody
 * again.
 */
public final class VirtualThreadCarriers {

  private static final String PARALLELISM = "jdk.virtualThreadScheduler.parallelism";

  /** More would let them hinder each other. */
  private static final int ENOUGH = 8;

  private VirtualThreadCarriers() {}

  /** To be called before the first virtual thread is made; what the command line says, stays. */
  public static void provide() {
    var processors = ManagementFactory.getOperatingSystemMXBean().getAvailableProcessors();
    if (System.getProperty(PARALLELISM) == null && processors < ENOUGH) {
      System.setProperty(PARALLELISM, Integer.toString(ENOUGH));
    }
  }
}
