package io.outpost.telemetry;

import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/** Marks log lines for special treatment. */
public final class LogMarkers {

  /** Marks a line that answers a user's action, so that it is not left out for repeating others. */
  public static final Marker ANSWER = MarkerFactory.getMarker("answer");

  private LogMarkers() {}
}
