package io.outpost.worker.agent;

import java.io.IOException;

/** A user for each slot, without a sandbox, as on Fargate. */
class P17AgentsOfSlotsAreApartTest extends HostileJobs {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.slotUsers();
  }
}
