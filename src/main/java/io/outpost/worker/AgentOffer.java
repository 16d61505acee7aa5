package io.outpost.worker;

import io.outpost.agents.OfferedAgents;
import io.outpost.kernel.Ids;
import io.outpost.worker.agent.AgentInventory;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** Tells the API which agents this worker can run. Thread-safe. */
@Profile({"worker", "local"})
@Component("agentOffer")
public class AgentOffer {

  private final String worker = Ids.ulid();
  private final AgentInventory inventory;
  private final OfferedAgents offered;

  AgentOffer(AgentInventory inventory, OfferedAgents offered) {
    this.inventory = inventory;
    this.offered = offered;
  }

  /** Tells it, once it is known. */
  public void tell() {
    if (!inventory.usable().isEmpty()) {
      offered.tell(worker, inventory.usable());
    }
  }
}
