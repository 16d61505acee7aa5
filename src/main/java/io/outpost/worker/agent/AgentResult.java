package io.outpost.worker.agent;

import java.time.Duration;
import java.util.Optional;

/**
 * The result of a run.
 *
 * @param succeeded whether the program ended by itself with a code that means success
 * @param exitCode the program's exit code; 128 + signal when it was killed
 * @param stopped the reason when the run was stopped
 * @param duration from the launch until all processes were gone
 * @param outputCut whether output past the limit was dropped
 * @param usage the consumption that the output reports
 * @param conversation the id of the conversation that the output reports; not to be trusted
 */
public record AgentResult(
    boolean succeeded,
    int exitCode,
    Optional<StopReason> stopped,
    Duration duration,
    boolean outputCut,
    Optional<AgentUsage> usage,
    Optional<String> conversation) {

  /** How the run ended, in a sentence for the tenant. */
  public String explanation() {
    return stopped
        .map(reason -> "The agent was stopped: " + reason.text() + ".")
        .orElse("The agent exited with code %d.".formatted(exitCode));
  }
}
