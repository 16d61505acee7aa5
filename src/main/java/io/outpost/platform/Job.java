package io.outpost.platform;

import java.time.Instant;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A job as clients see it. Its item has more: what the sweepers, the lease and the billing need.
 *
 * @param command the task, in words; never in a message, a log or an argument list
 * @param timeoutSeconds how long one attempt of the agent may run
 * @param attempts how often an agent was started for it, hand-backs not counted
 * @param estimatedStart only in the answer to a submission
 */
public record Job(
    String jobId,
    String tenantId,
    String agent,
    String command,
    String workspace,
    String priority,
    int timeoutSeconds,
    Status status,
    int attempts,
    Instant createdAt,
    Instant startedAt,
    Instant completedAt,
    Integer exitCode,
    String outputLocation,
    String waitingReason,
    Instant estimatedStart,
    Fault error) {

  /** Why a job did not succeed. */
  public record Fault(String code, String message) {}

  /** pending → running → one of the others. */
  public enum Status {
    pending,
    running,
    succeeded,
    failed,
    cancelled,
    dead_letter;

    /** Whether nothing more happens to the job. */
    public boolean isTerminal() {
      return this != pending && this != running;
    }
  }

  /** The primary key of a job's item. */
  public static Map<String, AttributeValue> key(String tenantId, String jobId) {
    return Map.of(
        "tenant_id", AttributeValue.fromS(tenantId), "job_id", AttributeValue.fromS(jobId));
  }

  /** The sort key of the index by-status. */
  public static String statusKey(Status status, String jobId) {
    return status + "#" + jobId;
  }
}
