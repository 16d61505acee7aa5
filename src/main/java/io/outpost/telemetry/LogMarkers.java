package io.outpost.telemetry;

import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/** Markers of log lines. */
public final class LogMarkers {

  /** The line answers somebody's action, so it is never left out as a repetition. */
  public static final Marker ANSWER = MarkerFactory.getMarker("answer");

  private LogMarkers() {}
}
