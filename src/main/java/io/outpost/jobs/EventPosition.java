package io.outpost.jobs;

import io.outpost.job.Job;
import io.outpost.job.JobOutput;
import java.util.regex.Pattern;

/**
 * The position in a job's event stream: the state of the job that was sent last, and the offset in
 * its output. Its text is the id of an event, so that a client with that id can resume exactly
 * there.
 *
 * @param status the status that was sent last; {@code none} before the first
 * @param attempts of the job as sent
 * @param run of the job as sent, see {@link JobOutput#run}
 * @param attempt whose output is being sent, counted from 1
 * @param offset of the output's next byte
 * @param closed whether the end was sent
 */
record EventPosition(
    String status, int attempts, String run, int attempt, long offset, boolean closed) {

  static final EventPosition START = new EventPosition("none", 0, "0", 1, 0, false);

  private static final Pattern TEXT =
      Pattern.compile(
          "([a-z_]{1,20})-([0-9]{1,6})-([0-9]{1,16})-([0-9]{1,6})-([0-9]{1,16})(-end)?");

  /** The position of an event with this id; the start when the id is no position. */
  static EventPosition of(String id) {
    var parts = TEXT.matcher(id);
    return parts.matches()
        ? new EventPosition(
            parts.group(1),
            Integer.parseInt(parts.group(2)),
            parts.group(3),
            Integer.parseInt(parts.group(4)),
            Long.parseLong(parts.group(5)),
            parts.group(6) != null)
        : START;
  }

  String id() {
    return String.join(
            "-",
            status,
            Integer.toString(attempts),
            run,
            Integer.toString(attempt),
            Long.toString(offset))
        + (closed ? "-end" : "");
  }

  /** Whether the job's current state was sent. */
  boolean hasTold(Job job) {
    return status.equals(job.status().name())
        && attempts == job.attempts()
        && run.equals(JobOutput.run(job));
  }

  /** Whether the job's latest run was already sent as running. */
  boolean isInRun(Job job) {
    return isRunning() && attempts == job.attempts() && run.equals(JobOutput.run(job));
  }

  boolean isRunning() {
    return status.equals(Job.Status.running.name());
  }

  boolean isStart() {
    return status.equals("none");
  }

  /** Whether the job has started a run that was not sent yet. */
  boolean isBeforeRun(Job job) {
    return job.startedAt() != null && !run.equals(JobOutput.run(job));
  }

  /**
   * The position after sending the job's state. The number of the attempt may go down, because a
   * job was released or redriven.
   */
  EventPosition told(Job job) {
    var next = attempt > job.attempts() + 1 ? atAttempt(job.attempts() + 1) : this;
    return new EventPosition(
        job.status().name(), job.attempts(), JobOutput.run(job), next.attempt, next.offset, false);
  }

  /** The position at the beginning of an attempt's output. */
  EventPosition atAttempt(int number) {
    return new EventPosition(status, attempts, run, number, 0, false);
  }

  /** The position after this many more bytes of output. */
  EventPosition after(long bytes) {
    return new EventPosition(status, attempts, run, attempt, offset + bytes, false);
  }

  /** The position after the end of the stream. */
  EventPosition end() {
    return new EventPosition(status, attempts, run, attempt, offset, true);
  }
}
