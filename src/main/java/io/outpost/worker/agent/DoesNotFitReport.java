package io.outpost.worker.agent;

import io.outpost.worker.agent.JobShare.DoesNotFitException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints the start of a worker whose jobs do not fit into its container as one message. */
final class DoesNotFitReport extends AbstractFailureAnalyzer<DoesNotFitException> {

  @Override
  protected FailureAnalysis analyze(Throwable root, DoesNotFitException refused) {
    return new FailureAnalysis(
        refused.getMessage(),
        "Change what the message names; docs/agents.md has the limits.",
        refused);
  }
}
