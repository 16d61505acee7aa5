package io.outpost.worker.agent;

import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** Agents run as the worker's own user. */
@Tag("product")
class SameUserAgentProcessTest extends AgentProcessContract {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.sameUser();
  }
}
