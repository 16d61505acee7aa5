package io.outpost.worker.agent;

import java.io.IOException;

/** As a user of the slot's own. */
class SlotUserAgentProcessTest extends AgentProcessContract {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.slotUsers();
  }
}
