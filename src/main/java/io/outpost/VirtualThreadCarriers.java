package io.outpost;

import java.lang.management.ManagementFactory;

/**
 * Raises the number of carrier threads on small machines. Before JDK 26 a virtual thread keeps its
 * carrier while it waits for the initialization of a class. When all carriers wait like that, the
 * thread that initializes the class can never run, and the process stops answering.
 */
public final class VirtualThreadCarriers {

  private static final String PARALLELISM = "jdk.virtualThreadScheduler.parallelism";

  /** More carriers would compete for the processors. */
  private static final int ENOUGH = 8;

  private VirtualThreadCarriers() {}

  /**
   * Must be called before the first virtual thread is created; a value on the command line takes
   * precedence.
   */
  public static void provide() {
    var processors = ManagementFactory.getOperatingSystemMXBean().getAvailableProcessors();
    if (System.getProperty(PARALLELISM) == null && processors < ENOUGH) {
      System.setProperty(PARALLELISM, Integer.toString(ENOUGH));
    }
  }
}
