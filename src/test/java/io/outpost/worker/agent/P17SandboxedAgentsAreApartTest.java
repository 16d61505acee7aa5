package io.outpost.worker.agent;

import java.io.IOException;

/** A user for each slot, in a sandbox, where user namespaces work. */
class P17SandboxedAgentsAreApartTest extends HostileJobs {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.sandboxedSlots();
  }
}
