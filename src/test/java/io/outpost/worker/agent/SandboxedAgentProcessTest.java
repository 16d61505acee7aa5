package io.outpost.worker.agent;

import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** In a sandbox, as whoever this machine allows. */
@Tag("product")
class SandboxedAgentProcessTest extends AgentProcessContract {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.sandboxed();
  }
}
