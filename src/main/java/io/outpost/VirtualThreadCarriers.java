package io.outpost;

import java.lang.management.ManagementFactory;

/**
 * Raises the number of carrier threads on small machines. Before JDK 26 a virtual thread keeps its
 * carrier while it waits for a class to be initialized. When all carriers wait in this way, the
 * thread that initializes the class can never run, and the process stops answering.
 */
public final class VirtualThreadCarriers {

  private static final String PARALLELISM = "jdk.virtualThreadScheduler.parallelism";

  /** The number of carriers. With more, they would compete for the processors. */
  private static final int ENOUGH = 8;

  private VirtualThreadCarriers() {}

  /**
   * Raises the number, unless the command line sets one. Must be called before the first virtual
   * thread is created.
   */
  public static void provide() {
    var processors = ManagementFactory.getOperatingSystemMXBean().getAvailableProcessors();
    if (System.getProperty(PARALLELISM) == null && processors < ENOUGH) {
      System.setProperty(PARALLELISM, Integer.toString(ENOUGH));
    }
  }
}
