package io.outpost.routes;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints a list of findings, instead of a stack trace, when faulty routes prevent the start. */
final class RoutesRefusedReport extends AbstractFailureAnalyzer<RoutesRefused> {

  @Override
  protected FailureAnalysis analyze(Throwable root, RoutesRefused refused) {
    return new FailureAnalysis(
        refused.getMessage(),
        "Correct these files and start again; \"outpost routes check\" says the same beforehand.",
        refused);
  }
}
