package io.outpost.telemetry;

import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/** What a line of the log may say of itself. */
public final class LogMarkers {

  /** It answers what somebody has just done: however alike such lines are, each is wanted. */
  public static final Marker ANSWER = MarkerFactory.getMarker("answer");

  private LogMarkers() {}
}
