package io.outpost.worker;

import java.util.concurrent.atomic.AtomicLong;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** Counts the jobs that have ended on this worker. Thread-safe. */
@Profile({"worker", "local"})
@Component("endedRuns")
class EndedRuns {

  private final AtomicLong number = new AtomicLong();

  void add() {
    number.incrementAndGet();
  }

  long number() {
    return number.get();
  }
}
