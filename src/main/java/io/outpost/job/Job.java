package io.outpost.job;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.outpost.kernel.Rules;
import io.outpost.tenant.Principal;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A job as clients see it. {@link JobDetails} has what we keep beside it, {@link JobTransition}
 * what can happen to it.
 *
 * <p>To add a field: one line here and one in the schema {@code Job} of the contract. Builder and
 * {@code with…} methods are generated ({@code job.withStatus(…)}, {@link JobBuilder}), and the
 * table gets every field that a transition sets or clears. {@code null} means that the job has
 * none. A field that ends with an attempt is cleared in {@link #started}.
 *
 * @param command the task, in words; never in a message, a log or an argument list
 * @param timeoutSeconds how long one attempt of the agent may run
 * @param secrets names of secrets that it gets besides its agent's own; null: none
 * @param mode {@code test}: made with a test key, so it is played by the demo agent and never paid
 *     for; else {@code live}
 * @param attempts how often an agent was started for it, hand-backs not counted
 * @param estimatedStart only in the answer to a submission
 * @param labels the customer's own words about it, by name; empty when there are none
 * @param rerunOf the job that it repeats; null when it is no repetition
 */
@RecordBuilder
public record Job(
    String jobId,
    String tenantId,
    String agent,
    String command,
    String workspace,
    String priority,
    int timeoutSeconds,
    List<String> secrets,
    String mode,
    Status status,
    int attempts,
    Instant createdAt,
    Instant startedAt,
    Instant completedAt,
    Integer exitCode,
    String outputLocation,
    String waitingReason,
    Instant estimatedStart,
    Fault error,
    Map<String, String> labels,
    String rerunOf)
    implements JobBuilder.With {

  private static final Set<String> PRIORITIES = Set.of("low", "normal", "high");
  private static final Set<String> WAITING =
      Set.of("queued", "tenant-limit", "tenant-suspended", "workspace", "retry");
  private static final Pattern LABEL = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,39}");
  private static final Pattern LABEL_VALUE = Pattern.compile("[^\\x00-\\x1f\\x7f]{0,100}");
  private static final int MOST_LABELS = 16;
  private static final int LONGEST_COMMAND = 10_000;
  private static final int LONGEST_RUN = 43_200;

  private static final Set<String> MODES = Set.of(Principal.LIVE, Principal.TEST);

  /** Keeps the rules of the contract; jobs that are older than modes are live. */
  public Job {
    labels = labels == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(labels));
    Rules.between("labels", labels.size(), 0, MOST_LABELS);
    labels.keySet().forEach(name -> Rules.form("labels", name, LABEL));
    labels.values().forEach(value -> Rules.form("labels", value, LABEL_VALUE));
    if (rerunOf != null) {
      Rules.form("rerun_of", rerunOf, Rules.ULID);
    }
    mode = mode == null ? Principal.LIVE : mode;
    Rules.oneOf("mode", mode, MODES);
    secrets = secrets == null ? null : List.copyOf(secrets);
    Rules.form("job_id", jobId, Rules.ULID);
    Rules.form("tenant_id", tenantId, Rules.UUID);
    Rules.form("agent", agent, Rules.AGENT);
    Rules.text("command", command, LONGEST_COMMAND);
    Rules.oneOf("priority", priority, PRIORITIES);
    Rules.between("timeout_seconds", timeoutSeconds, 1, LONGEST_RUN);
    Rules.present("status", status);
    Rules.between("attempts", attempts, 0, Integer.MAX_VALUE);
    Rules.present("created_at", createdAt);
    if (waitingReason != null) {
      Rules.oneOf("waiting_reason", waitingReason, WAITING);
    }
  }

  /** Why a job did not succeed. */
  public record Fault(String code, String message) {

    /** Keeps the rules of the contract. */
    public Fault {
      Rules.present("error.code", code);
      Rules.present("error.message", message);
    }
  }

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

  /** Whether nobody pays for it. */
  @JsonIgnore
  public boolean isTest() {
    return mode.equals(Principal.TEST);
  }

  /** Running, in one attempt more. */
  public Job started(Instant now) {
    return unstarted().withStatus(Status.running).withAttempts(attempts + 1).withStartedAt(now);
  }

  /** Waiting, as if the last attempt had not been; the attempts counted are given. */
  public Job pendingAgain(int counted, String reason) {
    return unstarted().withStatus(Status.pending).withAttempts(counted).withWaitingReason(reason);
  }

  /** Ended by its agent: without a fault it has succeeded. */
  public Job finished(Instant now, Integer code, Fault fault) {
    return with()
        .status(fault == null ? Status.succeeded : Status.failed)
        .completedAt(now)
        .exitCode(code)
        .outputLocation(JobOutput.location(this))
        .error(fault)
        .build();
  }

  /** Ended before its agent did; one that ran has output. */
  public Job cancelled(Instant now) {
    return with()
        .status(Status.cancelled)
        .completedAt(now)
        .outputLocation(status == Status.running ? JobOutput.location(this) : outputLocation)
        .waitingReason(null)
        .build();
  }

  /** Ended, because the platform could not run it. */
  public Job deadLettered(Instant now) {
    var message = "The platform could not run the job in %d attempts.".formatted(attempts);
    return with()
        .status(Status.dead_letter)
        .completedAt(now)
        .waitingReason(null)
        .error(new Fault("platform-failed", message))
        .build();
  }

  private Job unstarted() {
    return with()
        .startedAt(null)
        .completedAt(null)
        .exitCode(null)
        .outputLocation(null)
        .waitingReason(null)
        .estimatedStart(null)
        .error(null)
        .build();
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
