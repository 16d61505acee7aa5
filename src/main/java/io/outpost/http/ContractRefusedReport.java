package io.outpost.http;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Prints one line, instead of a stack trace, when a contract addition is faulty and the application
 * cannot start.
 */
final class ContractRefusedReport extends AbstractFailureAnalyzer<ContractRefused> {

  @Override
  protected FailureAnalysis analyze(Throwable root, ContractRefused refused) {
    return new FailureAnalysis(
        refused.getMessage(),
        "Correct the file and start again; \"outpost routes check\" says the same beforehand.",
        refused);
  }
}
