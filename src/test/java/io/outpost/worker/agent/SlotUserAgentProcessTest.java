package io.outpost.worker.agent;

import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** As a user of the slot's own. */
@Tag("product")
class SlotUserAgentProcessTest extends AgentProcessContract {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.slotUsers();
  }
}
