package io.outpost.agents;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Makes a start with a wrong agent file end with a line for each fault. */
final class InvalidAgentReport extends AbstractFailureAnalyzer<InvalidAgentException> {

  @Override
  protected FailureAnalysis analyze(Throwable root, InvalidAgentException refused) {
    return new FailureAnalysis(
        refused.getMessage(), "Correct these files or settings and start again.", refused);
  }
}
