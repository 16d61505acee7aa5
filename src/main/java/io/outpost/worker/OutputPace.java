package io.outpost.worker;

import java.time.Duration;
import java.time.Instant;

/**
 * How often the output of a running agent is stored: often in its first seconds and while somebody
 * watches, seldom otherwise, so that jobs nobody watches stay cheap.
 */
record OutputPace(WorkerSettings settings) {

  /** Nobody watches: a tenth of the time since the start, and of the time for storing. */
  private static final int SHARE = 10;

  /** How long to wait after the output was stored until it is stored again. */
  Duration pause(Run run, Instant now) {
    if (run.isWatched(now)) {
      return longer(settings.watchedOutputEvery(), run.storing());
    }
    var age = Duration.between(run.job().startedAt(), now).dividedBy(SHARE);
    var resting = longer(settings.outputEvery(), shorter(age, settings.outputAtLeastEvery()));
    return longer(resting, run.storing().multipliedBy(SHARE));
  }

  /** How long at most to wait before asking again. */
  Duration shortest(Run run, Instant now) {
    return run.isWatched(now) ? settings.watchedOutputEvery() : settings.outputEvery();
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }
}
