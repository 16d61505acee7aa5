package io.outpost.worker.agent;

import java.time.Duration;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param succeeded whether it ended by itself with a code that means success
 * @param exitCode the program's exit code; 128 + signal when it was killed
 * @param stopped why it was stopped, when it was
 * @param duration from launch until nothing of it was left
 * @param outputCut whether output past the limit was dropped
 * @param usage what it consumed, when its output tells
 * @param conversation the id by which it can be continued, when its output tells; not to be trusted
 */
public record AgentResult(
    boolean succeeded,
    int exitCode,
    Optional<StopReason> stopped,
    Duration duration,
    boolean outputCut,
    Optional<AgentUsage> usage,
    Optional<String> conversation) {

  /** What happened, in a sentence for the customer. */
  public String explanation() {
    return stopped
        .map(reason -> "The agent was stopped: " + reason.text() + ".")
        .orElse("The agent exited with code %d.".formatted(exitCode));
  }
}
