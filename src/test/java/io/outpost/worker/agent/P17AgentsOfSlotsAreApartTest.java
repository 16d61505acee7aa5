package io.outpost.worker.agent;

import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** A user for each slot, without a sandbox, as on Fargate. */
@Tag("product")
class P17AgentsOfSlotsAreApartTest extends HostileJobs {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.slotUsers();
  }
}
