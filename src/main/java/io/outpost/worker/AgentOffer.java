package io.outpost.worker;

import io.outpost.agents.OfferedAgents;
import io.outpost.job.JobFeature;
import io.outpost.kernel.Ids;
import io.outpost.worker.agent.AgentInventory;
import io.outpost.worker.agent.Slots;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Reports to the API which agents this worker can run, which job features it knows, how many jobs
 * at once, and how many jobs have ended here. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("agentOffer")
public class AgentOffer {

  private final String worker = Ids.ulid();
  private final AgentInventory inventory;
  private final OfferedAgents offered;
  private final Slots slots;
  private final EndedRuns ended;
  private final int all;

  AgentOffer(
      AgentInventory inventory,
      OfferedAgents offered,
      Slots slots,
      EndedRuns ended,
      @Value("${outpost.worker.slots}") int all) {
    this.inventory = inventory;
    this.offered = offered;
    this.slots = slots;
    this.ended = ended;
    this.all = all;
  }

  /** Reports the agents of this worker, once they are known. */
  public void tell() {
    if (!inventory.usable().isEmpty()) {
      var dirty = slots.outOfService().stream().filter(slot -> slot >= 0 && slot < all).count();
      offered.tell(
          worker, inventory.usable(), JobFeature.names(), (int) (all - dirty), ended.number());
    }
  }
}
