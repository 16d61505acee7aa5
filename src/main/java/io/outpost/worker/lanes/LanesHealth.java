package io.outpost.worker.lanes;

import io.outpost.health.HealthPart;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Reports unreadable queues. The worker stays up, because the other lanes continue. Thread-safe.
 */
@Profile({"worker", "local"})
@Component
class LanesHealth implements HealthPart {

  private final JobsComponent jobs;

  LanesHealth(JobsComponent jobs) {
    this.jobs = jobs;
  }

  @Override
  public String name() {
    return "lanes";
  }

  @Override
  public boolean asksNothing() {
    return true;
  }

  @Override
  public String state() {
    var queues = jobs.faults().queues();
    return queues.isEmpty() ? "UP" : "cannot read " + String.join(", ", queues);
  }
}
