package io.outpost.kernel;

import java.util.List;
import java.util.stream.Stream;

/** Lanes of jobs as the setting {@code outpost.worker.lanes} names them. Pure. */
public final class Lanes {

  private Lanes() {}

  /** Their names, which are the priorities that a job may have, highest first. */
  public static List<String> of(String setting) {
    return Stream.of(setting.split(",", -1))
        .map(lane -> lane.replaceFirst("=.*", "").strip())
        .toList();
  }
}
