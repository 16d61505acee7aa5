package io.outpost.worker.lanes;

import io.outpost.aws.Names;
import io.outpost.aws.Queues;
import io.outpost.telemetry.QueueAges;
import io.outpost.worker.agent.Slots;
import java.time.Clock;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Endpoint;
import org.apache.camel.support.DefaultComponent;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * The component {@code jobs:high=6,normal=3,low=1}: takes jobs from several queues by weight, into
 * a fixed number of slots. It receives only messages that a slot can run at once. The share of an
 * idle lane goes to the others.
 */
@Profile({"worker", "local"})
@Component("jobs")
public class JobsComponent extends DefaultComponent {

  private final SqsClient sqs;
  private final Queues queues;
  private final Slots slots;
  private final Names names;
  private final QueueAges ages;
  private final Set<Integer> taken = ConcurrentHashMap.newKeySet();
  private final LaneFaults faults = new LaneFaults(Clock.systemUTC());

  JobsComponent(SqsClient sqs, Queues queues, Slots slots, Names names, QueueAges ages) {
    this.ages = ages;
    this.sqs = sqs;
    this.queues = queues;
    this.slots = slots;
    this.names = names;
  }

  @Override
  protected Endpoint createEndpoint(String uri, String lanes, Map<String, Object> parameters)
      throws Exception {
    var endpoint = new JobsEndpoint(uri, this, lanes);
    setProperties(endpoint, parameters);
    return endpoint;
  }

  SqsClient sqs() {
    return sqs;
  }

  /** Takes a slot. False while a stopped consumer still runs its last job there. */
  boolean take(int slot) {
    return taken.add(slot);
  }

  /** Releases a slot. */
  void free(int slot) {
    taken.remove(slot);
  }

  /** Whether a job may run in the slot. Cleaning is tried again first when it failed before. */
  boolean isUsable(int slot) {
    return slots.isUsable(slot);
  }

  Queues queues() {
    return queues;
  }

  Names names() {
    return names;
  }

  QueueAges ages() {
    return ages;
  }

  LaneFaults faults() {
    return faults;
  }
}
