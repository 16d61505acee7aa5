package io.outpost;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints a refused start as one message instead of a stack trace. */
final class StartupSettingsReport extends AbstractFailureAnalyzer<StartupSettings.Refused> {

  @Override
  protected FailureAnalysis analyze(Throwable root, StartupSettings.Refused refused) {
    return new FailureAnalysis(
        refused.getMessage(),
        "Correct these environment variables and start again; docs/operations.md lists all.",
        refused);
  }
}
