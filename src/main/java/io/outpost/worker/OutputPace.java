package io.outpost.worker;

import java.time.Duration;
import java.time.Instant;

/**
 * How often the output of a running agent is stored: often in its first seconds and while somebody
 * watches, seldom otherwise, so that jobs nobody watches stay cheap.
 */
record OutputPace(WorkerSettings settings) {

  /** Nobody watches: a quarter of the time since the start. Each storing writes all of it anew. */
  private static final int AGE = 4;

  /** And storing takes a tenth of the time at most. */
  private static final int SHARE = 10;

  /** How long to wait after the output was stored until it is stored again. */
  Duration pause(Run run, Instant now) {
    if (run.isWatched(now)) {
      return longer(settings.watchedOutputEvery(), run.storing());
    }
    var resting = unwatched(Duration.between(run.job().startedAt(), now));
    return longer(resting, run.storing().multipliedBy(SHARE));
  }

  /** How long to wait when nobody watches a run of this age. */
  Duration unwatched(Duration age) {
    return longer(
        settings.outputEvery(), shorter(age.dividedBy(AGE), settings.outputAtLeastEvery()));
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
