package io.outpost.worker.agent;

import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** Agents run in a sandbox, as the strictest user that this machine allows. */
@Tag("product")
class SandboxedAgentProcessTest extends AgentProcessContract {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.sandboxed();
  }
}
