package io.outpost.worker.agent;

import io.outpost.worker.agent.JobShare.DoesNotFitException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Prints a readable message, instead of a stack trace, when a worker cannot start because its jobs
 * do not fit into its container.
 */
final class DoesNotFitReport extends AbstractFailureAnalyzer<DoesNotFitException> {

  @Override
  protected FailureAnalysis analyze(Throwable root, DoesNotFitException refused) {
    return new FailureAnalysis(
        refused.getMessage(),
        "Change what the message names; docs/agents.md has the limits.",
        refused);
  }
}
