package io.outpost.job;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.apache.commons.codec.digest.DigestUtils;
import org.jspecify.annotations.Nullable;

/**
 * An event in a job's timeline, written into the job's item together with the change that it
 * reports. The number of events is limited, so that a job that is held again and again stays small.
 *
 * @param event submitted, queued, held, running, released, retried, redriven, webhook, or how the
 *     job ended
 * @param attempt the number of the attempt; null: none
 * @param worker the name of the worker that runs the job; null: none
 * @param reason in one word; null: none
 * @param detail further information; null: none
 * @param auditEntry the id of the event's audit entry; null: it has none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@RecordBuilder
public record JobMoment(
    Instant at,
    String event,
    @Nullable Integer attempt,
    @Nullable String worker,
    @Nullable String reason,
    @Nullable String detail,
    @Nullable String auditEntry)
    implements JobMomentBuilder.With {

  private static final int NAME_LENGTH = 12;

  /** An event without an audit entry. */
  public JobMoment(
      Instant at,
      String event,
      @Nullable Integer attempt,
      @Nullable String worker,
      @Nullable String reason,
      @Nullable String detail) {
    this(at, event, attempt, worker, reason, detail, null);
  }

  /** The attribute of a job's item with the events, oldest first. */
  public static final String ATTRIBUTE = "timeline";

  /** The maximum number of events before the job's end, which is always recorded. */
  static final int MOST = 200;

  static JobMoment of(Instant at, String event) {
    return new JobMoment(at, event, null, null, null, null);
  }

  static JobMoment held(Instant at, String reason) {
    return new JobMoment(at, "held", null, null, reason, null);
  }

  /**
   * The timeline event of a transition. Submissions (two events) and renewals (none) are not
   * handled here.
   */
  static JobMoment of(JobTransition transition, Instant now) {
    var job = transition.job();
    var attempt = job.attempts() == 0 ? null : job.attempts();
    return switch (transition) {
      case JobTransition.Claimed t ->
          new JobMoment(t.at(), "running", attempt, t.lease().worker(), null, null);
      case JobTransition.Finished t ->
          new JobMoment(
              t.at(),
              job.status().name(),
              attempt,
              null,
              t.fault() == null ? null : t.fault().code(),
              t.exitCode() == null ? null : "exit code " + t.exitCode());
      case JobTransition.Released t ->
          new JobMoment(now, "released", null, null, "worker-stopped", null);
      case JobTransition.Retried t ->
          new JobMoment(now, "retried", attempt, null, "platform-fault", null);
      case JobTransition.DeadLettered t ->
          new JobMoment(t.at(), "dead_letter", attempt, null, Job.PLATFORM_FAILED, null);
      case JobTransition.Cancelled t ->
          new JobMoment(
              t.at(),
              "cancelled",
              attempt,
              null,
              t.reason() == null ? "requested" : t.reason(),
              null);
      case JobTransition.Redriven t -> new JobMoment(now, "redriven", null, null, null, null);
      case JobTransition.Submitted t ->
          throw new IllegalArgumentException(
              "A submission has two moments, which are made where it is written");
      case JobTransition.Renewed t ->
          throw new IllegalArgumentException("A renewed lease is not a moment of the timeline");
    };
  }

  /**
   * The event for the tenant: the worker's name, which is internal, becomes a pseudonym that
   * differs for each tenant.
   */
  public JobMoment forTenant(String tenantId) {
    return worker == null
        ? this
        : withWorker(DigestUtils.sha256Hex(tenantId + "#" + worker).substring(0, NAME_LENGTH));
  }
}
