package io.outpost.worker;

import java.util.concurrent.atomic.AtomicLong;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** How many jobs have run on this worker and will not again. Thread-safe. */
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
