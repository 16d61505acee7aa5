package io.outpost.worker.agent;

import java.io.IOException;

/** As the worker's own user. */
class SameUserAgentProcessTest extends AgentProcessContract {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.sameUser();
  }
}
