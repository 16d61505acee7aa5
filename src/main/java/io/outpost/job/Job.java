package io.outpost.job;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.outpost.kernel.Rules;
import io.outpost.telemetry.LogSubject;
import io.outpost.tenant.Principal;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A job as clients see it. {@link JobDetails} has our internal data about the job, {@link
 * JobTransition} its transitions.
 *
 * <p>To add a field: one line here and one in the schema {@code Job} of the contract. Builder and
 * {@code with…} methods are generated ({@code job.withStatus(…)}, {@link JobBuilder}), and the
 * table gets every field that a transition sets or clears. {@code null} means that the job has
 * none. A field that belongs to one attempt is cleared in {@link #started}.
 *
 * @param command the task, in words; never in a message, a log or an argument list
 * @param timeoutSeconds how long one attempt of the agent may run
 * @param secrets names of secrets that the agent gets besides its provider keys; null: none
 * @param mode {@code test}: submitted with a test key, played by the demo agent and never billed;
 *     otherwise {@code live}
 * @param attempts how many times an agent was started for the job; released runs do not count
 * @param estimatedStart only in the answer to a submission
 * @param labels the tenant's own names and values; empty: none
 * @param rerunOf the job that this one repeats; null when it is not a rerun
 * @param startAfter the earliest start; null: at once
 * @param model the requested model; null: the installation's choice
 * @param maxCostUsd the cost at which the agent is stopped; null: no limit
 * @param usage the consumption that the agent reports; null: none
 * @param continues the job whose conversation this one continues; null when it begins one
 * @param conversation the agent's id of the conversation; of a pending job, the one to continue;
 *     may be null
 * @param repository to be cloned; null: none
 * @param inputs uploaded files for the working directory; empty: none
 * @param warnings losses of the last attempt; empty: none
 */
@RecordBuilder
public record Job(
    String jobId,
    String tenantId,
    String agent,
    String command,
    @Nullable String workspace,
    String priority,
    int timeoutSeconds,
    @Nullable List<String> secrets,
    String mode,
    Status status,
    int attempts,
    Instant createdAt,
    @Nullable Instant startedAt,
    @Nullable Instant completedAt,
    @Nullable Integer exitCode,
    @Nullable String outputLocation,
    @Nullable String waitingReason,
    @Nullable Instant estimatedStart,
    @Nullable Fault error,
    Map<String, String> labels,
    @Nullable String rerunOf,
    @Nullable Instant startAfter,
    @Nullable String model,
    @Nullable BigDecimal maxCostUsd,
    @Nullable Usage usage,
    @Nullable String continues,
    @Nullable String conversation,
    @Nullable Repository repository,
    List<JobInput> inputs,
    List<Warning> warnings)
    implements JobBuilder.With, LogSubject {

  /** The error code of a dead letter. */
  static final String PLATFORM_FAILED = "platform-failed";

  /** The waiting reason of a job whose start time has not come. */
  public static final String SCHEDULED = "scheduled";

  private static final Set<String> WAITING =
      Set.of("queued", SCHEDULED, "tenant-limit", "tenant-suspended", "workspace", "retry");

  @Override
  public Map<String, String> logFields() {
    return Map.of("tenant_id", tenantId, "job_id", jobId, "attempt", Integer.toString(attempts));
  }

  /** Only the form; the contract checks that the priority is one of the lanes. */
  private static final Pattern PRIORITY = Pattern.compile("[a-z][a-z0-9-]{0,31}");

  private static final Pattern LABEL = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,39}");
  private static final Pattern LABEL_VALUE = Pattern.compile("[^\\x00-\\x1f\\x7f]{0,100}");

  /** The first character keeps the agent's program from reading a model as an option. */
  private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}");

  /** Ids of conversations come from an agent's output and become arguments of a program. */
  private static final Pattern CONVERSATION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,99}");

  private static final int MOST_LABELS = 16;
  private static final int LONGEST_COMMAND = 10_000;
  private static final int LONGEST_DETAIL = 2000;
  private static final int LONGEST_RUN = 43_200;

  private static final Set<String> MODES = Set.of(Principal.LIVE, Principal.TEST);

  /** Checks the contract's rules. A job without a mode is live: it is older than modes. */
  public Job {
    inputs = inputs == null ? List.of() : List.copyOf(inputs);
    warnings = warnings == null ? List.of() : List.copyOf(warnings);
    labels = labels == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(labels));
    Rules.between("labels", labels.size(), 0, MOST_LABELS);
    labels.keySet().forEach(name -> Rules.form("labels", name, LABEL));
    labels.values().forEach(value -> Rules.form("labels", value, LABEL_VALUE));
    if (rerunOf != null) {
      Rules.form("rerun_of", rerunOf, Rules.ULID);
    }
    if (continues != null) {
      Rules.form("continues", continues, Rules.ULID);
    }
    if (conversation != null) {
      Rules.form("conversation", conversation, CONVERSATION);
    }
    if (model != null) {
      Rules.form("model", model, MODEL);
    }
    mode = mode == null ? Principal.LIVE : mode;
    Rules.oneOf("mode", mode, MODES);
    secrets = secrets == null ? null : List.copyOf(secrets);
    Rules.form("job_id", jobId, Rules.ULID);
    Rules.form("tenant_id", tenantId, Rules.UUID);
    Rules.form("agent", agent, Rules.AGENT);
    Rules.text("command", command, LONGEST_COMMAND);
    Rules.form("priority", priority, PRIORITY);
    Rules.between("timeout_seconds", timeoutSeconds, 1, LONGEST_RUN);
    Rules.present("status", status);
    Rules.between("attempts", attempts, 0, Integer.MAX_VALUE);
    Rules.present("created_at", createdAt);
    if (waitingReason != null) {
      Rules.oneOf("waiting_reason", waitingReason, WAITING);
    }
  }

  /**
   * A job's consumption, as the agent reports it.
   *
   * @param inputTokens tokens that models have read
   * @param outputTokens tokens that models have written
   * @param costUsd null when the agent does not report a cost
   */
  public record Usage(long inputTokens, long outputTokens, @Nullable BigDecimal costUsd) {

    /** Checks the contract's rules. */
    public Usage {
      Rules.between("usage.input_tokens", inputTokens, 0, Long.MAX_VALUE);
      Rules.between("usage.output_tokens", outputTokens, 0, Long.MAX_VALUE);
    }
  }

  /**
   * What the agent reports about its run.
   *
   * @param usage null: nothing
   * @param conversation the conversation's id, when it is well formed; null: none
   * @param repository with commit and push; null: the job has none
   */
  public record Told(
      @Nullable Usage usage, @Nullable String conversation, @Nullable Repository repository) {

    /** Drops malformed conversation ids. */
    public Told {
      conversation =
          conversation == null || !CONVERSATION.matcher(conversation).matches()
              ? null
              : conversation;
    }
  }

  /** Why a job did not succeed. */
  public record Fault(String code, String message) {

    /** Checks the contract's rules. */
    public Fault {
      Rules.present("error.code", code);
      Rules.present("error.message", message);
    }
  }

  /** A loss that the tenant should know of, although it did not make the job fail. */
  public record Warning(String code, String detail) {

    /** Checks the contract's rules. */
    public Warning {
      Rules.present("warnings.code", code);
      Rules.text("warnings.detail", detail, LONGEST_DETAIL);
    }

    /** A warning with its detail cut to the maximum length. */
    public static Warning of(String code, String detail) {
      var fits = detail.length() <= LONGEST_DETAIL;
      return new Warning(code, fits ? detail : detail.substring(0, LONGEST_DETAIL - 1) + "…");
    }
  }

  /** A job is pending, then running, then in one of the other states. */
  public enum Status {
    pending,
    running,
    succeeded,
    failed,
    cancelled,
    dead_letter;

    /** Whether this is a final state. */
    public boolean isTerminal() {
      return this != pending && this != running;
    }
  }

  /**
   * The repository to clone.
   *
   * @throws IllegalStateException when the job has none
   */
  public Repository cloned() {
    if (repository == null) {
      throw new IllegalStateException("The job has no repository");
    }
    return repository;
  }

  /**
   * The workspace that the job runs in.
   *
   * @throws IllegalStateException when the job has none
   */
  public String inWorkspace() {
    if (workspace == null) {
      throw new IllegalStateException("The job has no workspace");
    }
    return workspace;
  }

  /** Whether this is a test job, which is never billed. */
  @JsonIgnore
  public boolean isTest() {
    return mode.equals(Principal.TEST);
  }

  /** Whether the job waits for its start time. */
  @JsonIgnore
  public boolean isScheduled() {
    return SCHEDULED.equals(waitingReason);
  }

  /** The job, running in its next attempt. */
  public Job started(Instant now) {
    return unstarted().withStatus(Status.running).withAttempts(attempts + 1).withStartedAt(now);
  }

  /**
   * The job, pending again without the fields of its last attempt.
   *
   * @param counted the number of attempts that it has now
   */
  public Job pendingAgain(int counted, String reason) {
    return unstarted().withStatus(Status.pending).withAttempts(counted).withWaitingReason(reason);
  }

  /**
   * The job, ended by its agent: succeeded when there is no {@code fault}, otherwise failed.
   *
   * @param told null: the agent was not started
   */
  public Job finished(
      Instant now,
      @Nullable Integer code,
      @Nullable Fault fault,
      @Nullable Told told,
      List<Warning> lost) {
    var ended = told == null ? this : withTold(told).withOutputLocation(JobOutput.location(this));
    return ended
        .with()
        .status(fault == null ? Status.succeeded : Status.failed)
        .completedAt(now)
        .exitCode(code)
        .error(fault)
        .warnings(lost)
        .build();
  }

  private Job withTold(Told told) {
    return with()
        .usage(told.usage())
        .conversation(told.conversation() == null ? conversation : told.conversation())
        .repository(told.repository() == null ? repository : told.repository())
        .build();
  }

  /** The job, cancelled. If it was running, it has output. */
  public Job cancelled(Instant now) {
    return with()
        .status(Status.cancelled)
        .completedAt(now)
        .outputLocation(status == Status.running ? JobOutput.location(this) : outputLocation)
        .waitingReason(null)
        .build();
  }

  /** The job as a dead letter, because the platform could not run it. */
  public Job deadLettered(Instant now) {
    var message = "The platform could not run the job in %d attempts.".formatted(attempts);
    return with()
        .status(Status.dead_letter)
        .completedAt(now)
        .waitingReason(null)
        .error(new Fault(PLATFORM_FAILED, message))
        .build();
  }

  /** A new job with the same input, to start at once. No result of this job is copied. */
  public Job repeated(String id, String itsMode, Instant now) {
    return unstarted()
        .with()
        .jobId(id)
        .mode(itsMode)
        .status(Status.pending)
        .attempts(0)
        .createdAt(now)
        .waitingReason("queued")
        .rerunOf(jobId)
        .startAfter(null)
        .continues(null)
        .conversation(null)
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
        .usage(null)
        .repository(repository == null ? null : repository.fresh())
        .warnings(null)
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
