package io.outpost.worker.agent;

import java.io.IOException;

/** In a sandbox, as whoever this machine allows. */
class SandboxedAgentProcessTest extends AgentProcessContract {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.sandboxed();
  }
}
