package io.outpost.kernel;

import java.util.List;
import java.util.stream.Stream;

/** Parses the lanes of jobs from the setting {@code outpost.worker.lanes}. Stateless. */
public final class Lanes {

  private Lanes() {}

  /** The names of the lanes, which are the priorities of jobs, highest first. */
  public static List<String> of(String setting) {
    return Stream.of(setting.split(",", -1))
        .map(lane -> lane.replaceFirst("=.*", "").strip())
        .toList();
  }
}
