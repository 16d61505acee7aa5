package io.outpost.worker;

import java.time.Duration;
import java.time.Instant;

/**
 * Decides how often the output of a running agent is stored: often in its first seconds and while a
 * client follows it, otherwise rarely, so that unwatched jobs stay cheap.
 */
record OutputPace(WorkerSettings settings) {

  /**
   * The interval without followers is the run's age divided by this: each storing writes the whole
   * output again, so longer output is stored more rarely.
   */
  private static final int AGE = 4;

  /** Storing may take at most a tenth of the time. */
  private static final int SHARE = 10;

  /** The time from one storing of the output to the next. */
  Duration pause(Run run, Instant now) {
    if (run.isWatched(now)) {
      return longer(settings.watchedOutputEvery(), run.storing());
    }
    var resting = unwatched(Duration.between(run.job().startedAt(), now));
    return longer(resting, run.storing().multipliedBy(SHARE));
  }

  /** The wait while no client follows a run of this age. */
  Duration unwatched(Duration age) {
    return longer(
        settings.outputEvery(), shorter(age.dividedBy(AGE), settings.outputAtLeastEvery()));
  }

  /** The longest sleep between two checks: after it, new output may have to be stored. */
  Duration longestSleep(Run run, Instant now) {
    return run.isWatched(now) ? settings.watchedOutputEvery() : settings.outputEvery();
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }
}
