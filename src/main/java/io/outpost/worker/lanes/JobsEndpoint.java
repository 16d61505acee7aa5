package io.outpost.worker.lanes;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultEndpoint;
import org.jspecify.annotations.Nullable;

/** The options of {@code jobs:}. */
public class JobsEndpoint extends DefaultEndpoint {

  private final Map<String, Integer> lanes = new LinkedHashMap<>();
  private int slots = 1;
  private int waitTimeSeconds = 20;
  private int leaseSeconds = 60;
  private @Nullable String heartbeat;

  JobsEndpoint(String uri, JobsComponent component, String lanes) {
    super(uri, component);
    for (var lane : lanes.split(",")) {
      var parts = lane.split("=");
      if (parts.length != 2 || !parts[1].strip().matches("[1-9][0-9]{0,3}")) {
        throw new IllegalArgumentException("jobs: wants lanes as name=weight,… and got " + lanes);
      }
      this.lanes.put(parts[0].strip(), Integer.valueOf(parts[1].strip()));
    }
  }

  @Override
  public Producer createProducer() {
    throw new UnsupportedOperationException(
        "jobs: only gives; send to the queues with the bean queues");
  }

  @Override
  public Consumer createConsumer(Processor processor) throws Exception {
    var consumer = new JobsConsumer(this, (JobsComponent) getComponent(), processor);
    configureConsumer(consumer);
    return consumer;
  }

  /** The lanes (queue {@code jobs-<lane>}) with their weights, in order. */
  Map<String, Integer> lanes() {
    return lanes;
  }

  public int getSlots() {
    return slots;
  }

  /** How many jobs run at once. */
  public void setSlots(int slots) {
    this.slots = slots;
  }

  public int getWaitTimeSeconds() {
    return waitTimeSeconds;
  }

  /** How long an idle slot's poll waits for a message: 0 to 20 seconds. */
  public void setWaitTimeSeconds(int waitTimeSeconds) {
    this.waitTimeSeconds = waitTimeSeconds;
  }

  public int getLeaseSeconds() {
    return leaseSeconds;
  }

  /** The visibility timeout of a message. Heartbeats come three times as often and renew it. */
  public void setLeaseSeconds(int leaseSeconds) {
    this.leaseSeconds = leaseSeconds;
  }

  public @Nullable String getHeartbeat() {
    return heartbeat;
  }

  /** The endpoint that every heartbeat of a job goes to, with the job's exchange properties. */
  public void setHeartbeat(String heartbeat) {
    this.heartbeat = heartbeat;
  }
}
