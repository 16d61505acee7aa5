package io.outpost.agents;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints a start with a faulty agent file as one line for each fault. */
final class InvalidAgentReport extends AbstractFailureAnalyzer<InvalidAgentException> {

  @Override
  protected FailureAnalysis analyze(Throwable root, InvalidAgentException refused) {
    return new FailureAnalysis(
        refused.getMessage(), "Correct these files or settings and start again.", refused);
  }
}
