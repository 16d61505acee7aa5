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
 * @param startAfter before which it is not started; null: at once
 * @param model that the agent is asked to use; null: the installation's choice
 * @param maxCostUsd at which the agent is stopped; null: at none
 * @param usage what the agent says that the job consumed; null: nothing
 * @param continues the job whose conversation it continues; null when it begins one
 * @param conversation the agent's id of it: while pending the one to be continued; may be null
 * @param repository that is cloned for it; null: none
 * @param inputs files that are in its working directory when its agent starts; empty: none
 * @param warnings what of its last attempt could not be kept; empty when there is nothing to tell
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

  /** Why a job is a dead letter. */
  static final String PLATFORM_FAILED = "platform-failed";

  /** Why a job waits whose time to start has not come. */
  public static final String SCHEDULED = "scheduled";

  private static final Set<String> WAITING =
      Set.of("queued", SCHEDULED, "tenant-limit", "tenant-suspended", "workspace", "retry");

  @Override
  public Map<String, String> logFields() {
    return Map.of("tenant_id", tenantId, "job_id", jobId, "attempt", Integer.toString(attempts));
  }

  /** The contract knows which there are: one for each lane. */
  private static final Pattern PRIORITY = Pattern.compile("[a-z][a-z0-9-]{0,31}");

  private static final Pattern LABEL = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,39}");
  private static final Pattern LABEL_VALUE = Pattern.compile("[^\\x00-\\x1f\\x7f]{0,100}");

  /** The first character keeps it from being an option of the agent's program. */
  private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}");

  /** Ids of conversations come from an agent's output and become arguments. */
  private static final Pattern CONVERSATION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,99}");

  private static final int MOST_LABELS = 16;
  private static final int LONGEST_COMMAND = 10_000;
  private static final int LONGEST_DETAIL = 2000;
  private static final int LONGEST_RUN = 43_200;

  private static final Set<String> MODES = Set.of(Principal.LIVE, Principal.TEST);

  /** Keeps the rules of the contract; jobs that are older than modes are live. */
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
   * What the agent says that a job consumed.
   *
   * @param inputTokens tokens that models read
   * @param outputTokens tokens that models wrote
   * @param costUsd null where the agent does not tell
   */
  public record Usage(long inputTokens, long outputTokens, @Nullable BigDecimal costUsd) {

    /** Keeps the rules of the contract. */
    public Usage {
      Rules.between("usage.input_tokens", inputTokens, 0, Long.MAX_VALUE);
      Rules.between("usage.output_tokens", outputTokens, 0, Long.MAX_VALUE);
    }
  }

  /**
   * What an agent told of its run.
   *
   * @param usage null: nothing
   * @param conversation its id, when it has the form of one; null: none
   * @param repository with what became of it; null: the job has none
   */
  public record Told(
      @Nullable Usage usage, @Nullable String conversation, @Nullable Repository repository) {

    /** Leaves out what is no id of a conversation. */
    public Told {
      conversation =
          conversation == null || !CONVERSATION.matcher(conversation).matches()
              ? null
              : conversation;
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

  /** What a customer should know of a job that is no failure of it. */
  public record Warning(String code, String detail) {

    /** Keeps the rules of the contract. */
    public Warning {
      Rules.present("warnings.code", code);
      Rules.text("warnings.detail", detail, LONGEST_DETAIL);
    }

    /** One with as much of the detail as fits. */
    public static Warning of(String code, String detail) {
      var fits = detail.length() <= LONGEST_DETAIL;
      return new Warning(code, fits ? detail : detail.substring(0, LONGEST_DETAIL - 1) + "…");
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

  /**
   * The repository that is cloned for it.
   *
   * @throws IllegalStateException when there is none
   */
  public Repository cloned() {
    if (repository == null) {
      throw new IllegalStateException("The job has no repository");
    }
    return repository;
  }

  /**
   * The workspace that it runs in.
   *
   * @throws IllegalStateException when it has none
   */
  public String inWorkspace() {
    if (workspace == null) {
      throw new IllegalStateException("The job has no workspace");
    }
    return workspace;
  }

  /** Whether nobody pays for it. */
  @JsonIgnore
  public boolean isTest() {
    return mode.equals(Principal.TEST);
  }

  /** Whether it waits for its time to start. */
  @JsonIgnore
  public boolean isScheduled() {
    return SCHEDULED.equals(waitingReason);
  }

  /** Running, in one attempt more. */
  public Job started(Instant now) {
    return unstarted().withStatus(Status.running).withAttempts(attempts + 1).withStartedAt(now);
  }

  /** Waiting, as if the last attempt had not been; the attempts counted are given. */
  public Job pendingAgain(int counted, String reason) {
    return unstarted().withStatus(Status.pending).withAttempts(counted).withWaitingReason(reason);
  }

  /**
   * Ended by its agent: without a fault it has succeeded.
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
        .error(new Fault(PLATFORM_FAILED, message))
        .build();
  }

  /** A new job with the same input, to start at once; whatever is no input is not taken over. */
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
