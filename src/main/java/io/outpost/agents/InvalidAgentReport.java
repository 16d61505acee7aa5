package io.outpost.agents;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Prints one line for each fault, instead of a stack trace, when an agent file is faulty and the
 * application cannot start.
 */
final class InvalidAgentReport extends AbstractFailureAnalyzer<InvalidAgentException> {

  @Override
  protected FailureAnalysis analyze(Throwable root, InvalidAgentException refused) {
    return new FailureAnalysis(
        refused.getMessage(), "Correct these files or settings and start again.", refused);
  }
}
