package io.outpost.worker.agent;

import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** A user for each slot, in a sandbox, where user namespaces work. */
@Tag("product")
class P17SandboxedAgentsAreApartTest extends HostileJobs {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.sandboxedSlots();
  }
}
