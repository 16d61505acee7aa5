package io.outpost.worker;

import io.outpost.agents.OfferedAgents;
import io.outpost.job.JobFeature;
import io.outpost.kernel.Ids;
import io.outpost.worker.agent.AgentInventory;
import io.outpost.worker.agent.Slots;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Reports to the API which agents this worker can run, which job features it knows, how many jobs
 * it runs at once, and how many jobs have ended here. A worker that takes no further jobs withdraws
 * its report, even while jobs still run here. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("agentOffer")
public class AgentOffer {

  private static final Logger LOG = LoggerFactory.getLogger(AgentOffer.class);

  private volatile String worker = Ids.ulid();
  private volatile long endedBefore;
  private final AgentInventory inventory;
  private final OfferedAgents offered;
  private final Slots slots;
  private final EndedRuns ended;
  private final TaskProtection protection;
  private final int all;
  private volatile boolean told;
  private volatile boolean stopping;

  AgentOffer(
      AgentInventory inventory,
      OfferedAgents offered,
      Slots slots,
      EndedRuns ended,
      TaskProtection protection,
      @Value("${outpost.worker.slots}") int all) {
    this.inventory = inventory;
    this.offered = offered;
    this.slots = slots;
    this.ended = ended;
    this.protection = protection;
    this.all = all;
  }

  /**
   * Reports this worker's agents, once they are known; withdraws the report when the worker takes
   * no further jobs.
   */
  public synchronized void tell() {
    if (stopping || protection.isDraining()) {
      withdraw();
    } else if (!inventory.usable().isEmpty()) {
      var dirty = slots.outOfService().stream().filter(slot -> slot >= 0 && slot < all).count();
      told = true;
      offered.tell(
          worker,
          inventory.usable(),
          JobFeature.names(),
          (int) (all - dirty),
          ended.number() - endedBefore);
    }
  }

  @EventListener(ContextClosedEvent.class)
  synchronized void stop() {
    stopping = true;
    try {
      withdraw();
    } catch (RuntimeException e) {
      // An exception would keep the other listeners from hearing of the stop. The report expires by
      // itself.
      LOG.warn("The offer of this worker could not be withdrawn", e);
    }
  }

  private void withdraw() {
    if (told) {
      offered.withdraw(worker);
      told = false;
      // The API forgets the counts of a withdrawn report, so the next one starts with a new id and
      // from zero.
      worker = Ids.ulid();
      endedBefore = ended.number();
    }
  }
}
