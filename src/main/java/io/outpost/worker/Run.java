package io.outpost.worker;

import io.opentelemetry.api.trace.Span;
import io.outpost.job.Job;
import io.outpost.job.JobDetails;
import io.outpost.job.Repository;
import io.outpost.job.RunEvidence;
import io.outpost.job.SavedFiles;
import io.outpost.job.StoredJob;
import io.outpost.telemetry.LogSubject;
import io.outpost.worker.agent.AgentProcess;
import io.outpost.worker.agent.JobFiles;
import io.outpost.worker.agent.StopReason;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a job by this worker, under a lease. Threads of the heartbeat and of the cancel
 * route read it while the slot's thread waits for the agent, so its changing fields are volatile.
 */
public final class Run implements LogSubject {

  private final StoredJob claimed;
  private volatile Span span = Span.getInvalid();
  private volatile Span agentSpan = Span.getInvalid();
  private volatile @Nullable AgentProcess process;
  private volatile @Nullable StopReason stopReason;
  private final Lock renewal = new ReentrantLock();
  private volatile boolean lost;
  private volatile @Nullable Instant leasedUntil;
  private volatile Instant watchedUntil = Instant.MIN;
  private Instant storedAt = Instant.MIN;
  private Duration storing = Duration.ZERO;
  private long storedBytes = -1;
  private volatile @Nullable SavedFiles saved;
  private volatile Job.@Nullable Fault fault;
  private final Set<Job.Warning> warnings = Collections.synchronizedSet(new LinkedHashSet<>());
  private volatile @Nullable JobFiles files;
  private volatile @Nullable Found found;

  /**
   * The run's workspace at the start.
   *
   * @param pathId the name of the directory in which its jobs run
   * @param archive of its files; null for a new one
   */
  record Found(String pathId, @Nullable SavedFiles archive) {}

  /**
   * The agent's changes in its repository.
   *
   * @param tree the git tree of the final files
   * @param head the agent's last commit
   */
  record Changes(String tree, String head) {}

  private @Nullable Instant slotFreeSince;
  private @Nullable Duration dispatched;
  private @Nullable Instant agentEnded;
  private @Nullable Duration keptOutput;
  private @Nullable Instant ending;
  private volatile boolean awaited;
  private @Nullable Repository repository;
  private @Nullable String branch;
  private @Nullable String agentVersion;
  private @Nullable RunEvidence evidence;
  private @Nullable Changes changes;

  /**
   * @param claimed the job as claimed, with the lease
   */
  Run(StoredJob claimed) {
    this.claimed = claimed;
  }

  /** The claimed job: running, with this attempt counted. */
  public Job job() {
    return claimed.job();
  }

  @Override
  public Span span() {
    return span;
  }

  void traced(Span begun) {
    this.span = begun;
  }

  void agentSpan(Span begun) {
    this.agentSpan = begun;
  }

  /** Ends the span of the agent's run; a repetition has no effect. */
  void endAgentSpan() {
    agentSpan.end();
  }

  /** Since when the slot could have run this job; null when unknown. */
  @Nullable Instant slotFreeSince() {
    return slotFreeSince;
  }

  void slotFreeSince(@Nullable Instant since) {
    slotFreeSince = since;
  }

  /**
   * The time until the agent ran that Outpost itself took; null when the run does not count for the
   * objective.
   */
  @Nullable Duration dispatched() {
    return dispatched;
  }

  void dispatched(Duration took) {
    dispatched = took;
  }

  void agentEnded(Instant at) {
    agentEnded = agentEnded == null ? at : agentEnded;
  }

  /** Records that all output of the agent is stored. */
  void keptOutput(Instant at) {
    keptOutput = agentEnded == null ? Duration.ZERO : Duration.between(agentEnded, at);
  }

  /** The time from the agent's end until all its output was stored; zero without an agent. */
  Duration keptOutput() {
    return keptOutput == null ? Duration.ZERO : keptOutput;
  }

  /**
   * Records when writing the job's end first began, and returns that time; later calls are retries.
   */
  Instant ending(Instant at) {
    ending = ending == null ? at : ending;
    return ending;
  }

  @Override
  public Map<String, String> logFields() {
    var fields = new HashMap<>(job().logFields());
    fields.computeIfAbsent("request_id", name -> details().requestId());
    return fields;
  }

  /** The fencing token: only a worker that holds it can finish the job. */
  public String leaseId() {
    return claimed.running().id();
  }

  JobDetails details() {
    return claimed.details();
  }

  /** The job as it was when claimed; its lease has been extended since. */
  StoredJob claimed() {
    return claimed;
  }

  /** Whether the agent still runs; the loop condition of the route. */
  public boolean isRunning() {
    return process != null && process.isRunning();
  }

  /**
   * Whether the job was lost: it was cancelled, or the lease ended. Then the run must not finish
   * it.
   */
  public boolean isLost() {
    return lost;
  }

  /**
   * Whether the agent was stopped because this worker stops, so that the job must be released. When
   * the agent had already ended by itself, the job is finished instead.
   */
  public boolean isReleased() {
    return process != null
        && !process.isRunning()
        && process.result().stopped().filter(StopReason.RELEASED::equals).isPresent();
  }

  /** Whether this run decides the job's result: it has neither lost nor released the job. */
  public boolean isOurs() {
    return !lost && !isReleased();
  }

  /** Whether the run has files on this machine. */
  boolean hasFiles() {
    return files != null;
  }

  /**
   * The run's files on this machine.
   *
   * @throws IllegalStateException before they are created
   */
  JobFiles files() {
    var made = files;
    if (made == null) {
      throw new IllegalStateException("The run has no files yet");
    }
    return made;
  }

  void opened(JobFiles made) {
    files = made;
  }

  /** The run's workspace at the start; null for a job without one. */
  @Nullable Found found() {
    return found;
  }

  void found(Found workspace) {
    found = workspace;
  }

  /** Adds a warning, unless the run already has the same one. */
  void warn(String code, String detail) {
    warnings.add(Job.Warning.of(code, detail));
  }

  /** The warnings added by {@link #warn}. */
  List<Job.Warning> warnings() {
    return List.copyOf(warnings);
  }

  @Nullable SavedFiles saved() {
    return saved;
  }

  void saved(SavedFiles files) {
    saved = files;
  }

  /** The cloned repository; null before it is cloned, and for a job without one. */
  @Nullable Repository repository() {
    return repository;
  }

  void repository(Repository known) {
    repository = known;
  }

  /** The repository's branch at the start; null: none. */
  @Nullable String branch() {
    return branch;
  }

  void branch(@Nullable String name) {
    branch = name;
  }

  /** The version that the agent's program reports; null: unknown. */
  @Nullable String agentVersion() {
    return agentVersion;
  }

  void agentVersion(@Nullable String version) {
    agentVersion = version;
  }

  /** The facts for the job's receipt; null before the agent has ended. */
  @Nullable RunEvidence evidence() {
    return evidence;
  }

  void evidence(RunEvidence found) {
    evidence = found;
  }

  @Nullable Changes changes() {
    return changes;
  }

  void changes(Changes found) {
    changes = found;
  }

  /**
   * Whether the agent may start: nothing has failed in preparing workspace, repository and inputs.
   */
  public boolean isReady() {
    return fault == null;
  }

  /** Why the agent must stop; empty while it may run. */
  Optional<StopReason> stopReason() {
    return Optional.ofNullable(stopReason);
  }

  /** Why the job fails regardless of the agent's exit code; null: it does not. */
  Job.@Nullable Fault fault() {
    return fault;
  }

  void fail(Job.Fault reason) {
    fault = reason;
  }

  /** Whether other jobs may wait for the tenant's slot or the workspace that the run has freed. */
  public boolean isAwaited() {
    return awaited;
  }

  void freed(boolean othersWait) {
    awaited = othersWait;
  }

  /**
   * Records the length of the lease. Unless the lease is renewed, the agent is stopped when a
   * quarter of it is left, even while a heartbeat hangs, so that its processes are gone before
   * another worker can start the job.
   */
  void leased(Instant from, Duration lease) {
    leasedUntil = from.plus(lease);
    var stopAt = from.plus(lease.multipliedBy(3).dividedBy(4));
    // Counted from the beginning of the renewal, because AWS may have answered slowly.
    var left = Math.max(0, Duration.between(Instant.now(), stopAt).toMillis());
    CompletableFuture.delayedExecutor(left, TimeUnit.MILLISECONDS, Thread::startVirtualThread)
        .execute(() -> stopUnlessRenewed(from.plus(lease)));
  }

  /** The lock that a thread must hold to renew the lease. */
  Lock renewal() {
    return renewal;
  }

  private void stopUnlessRenewed(Instant until) {
    var now = leasedUntil;
    if (now != null && !now.isAfter(until)) {
      lose(StopReason.RELEASED);
    }
  }

  /** Whether the agent was started. */
  boolean hasStarted() {
    return process != null;
  }

  /**
   * The agent's process.
   *
   * @throws IllegalStateException before it is started
   */
  AgentProcess process() {
    var started = process;
    if (started == null) {
      throw new IllegalStateException("The run has no agent yet");
    }
    return started;
  }

  synchronized void started(AgentProcess started) {
    process = started;
    if (stopReason != null) {
      started.stop(stopReason);
    }
  }

  /** Stops the agent now, or as soon as it has started. */
  synchronized void stop(StopReason reason) {
    stopReason = reason;
    if (process != null) {
      process.stop(reason);
    }
  }

  /** Records that the job was lost, and stops the agent. The run then finishes nothing. */
  void lose(StopReason reason) {
    lost = true;
    stop(reason);
  }

  /** Records that a client follows the output until this time. */
  void watchedUntil(Instant until) {
    watchedUntil = until;
  }

  boolean isWatched(Instant now) {
    return now.isBefore(watchedUntil);
  }

  /** Whether the output has grown and the pause since it was last stored is over. */
  boolean wantsStoring(Instant now, OutputPace pace) {
    return process().outputBytes() > Math.max(storedBytes, 0)
        && (storedBytes < 0 || !now.isBefore(storedAt.plus(pace.pause(this, now))));
  }

  /** How long it took to store the output the last time. */
  Duration storing() {
    return storing;
  }

  /**
   * Records that the output was stored.
   *
   * @param took how long storing took
   */
  void stored(long bytes, Instant at, Duration took) {
    storedBytes = bytes;
    storedAt = at;
    storing = took;
  }
}
