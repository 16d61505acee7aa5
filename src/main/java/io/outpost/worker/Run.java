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
 * One attempt at a job by this worker, under a lease. Read by the heartbeat and the cancel route
 * while the slot's thread waits for the agent, so its changing parts are volatile.
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
   * The run's workspace as it was before.
   *
   * @param pathId the name of the directory in which its jobs run
   * @param archive its files; null when it is new
   */
  record Found(String pathId, @Nullable SavedFiles archive) {}

  /**
   * What its agent changed in its repository.
   *
   * @param tree of the files as they were left
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

  /** The job as claimed: running, with this attempt counted. */
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

  /** The agent has ended; told again, nothing happens. */
  void endAgentSpan() {
    agentSpan.end();
  }

  /** Since when its slot could have run it; null where nobody noted that. */
  @Nullable Instant slotFreeSince() {
    return slotFreeSince;
  }

  void slotFreeSince(@Nullable Instant since) {
    slotFreeSince = since;
  }

  /** What we took until its agent ran; null where that is not held against us. */
  @Nullable Duration dispatched() {
    return dispatched;
  }

  void dispatched(Duration took) {
    dispatched = took;
  }

  void agentEnded(Instant at) {
    agentEnded = agentEnded == null ? at : agentEnded;
  }

  /** All that its agent printed is stored. */
  void keptOutput(Instant at) {
    keptOutput = agentEnded == null ? Duration.ZERO : Duration.between(agentEnded, at);
  }

  /** How long that took from the agent's end; zero where there was none. */
  Duration keptOutput() {
    return keptOutput == null ? Duration.ZERO : keptOutput;
  }

  /** Its end is being written, perhaps not for the first time. */
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

  /** The fencing token: only who holds it can finish the job. */
  public String leaseId() {
    return claimed.running().id();
  }

  JobDetails details() {
    return claimed.details();
  }

  /** What was claimed, as it was then; its lease lasts longer by now. */
  StoredJob claimed() {
    return claimed;
  }

  /** Whether the agent still runs; the condition of the route's loop. */
  public boolean isRunning() {
    return process != null && process.isRunning();
  }

  /**
   * Whether somebody else owns the job by now (cancelled, or the lease was lost): nothing may be
   * finished.
   */
  public boolean isLost() {
    return lost;
  }

  /**
   * Whether the agent was stopped because this worker stops: the job is to be handed back. One that
   * had ended by itself before is finished.
   */
  public boolean isReleased() {
    return process != null
        && !process.isRunning()
        && process.result().stopped().filter(StopReason.RELEASED::equals).isPresent();
  }

  /** Whether the job is finished by this run, so that its files are kept. */
  public boolean isOurs() {
    return !lost && !isReleased();
  }

  /** Whether it has files on this machine. */
  boolean hasFiles() {
    return files != null;
  }

  /**
   * The run's files on this machine.
   *
   * @throws IllegalStateException before they are made
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

  /** Its workspace as it was found; null for a job without one. */
  @Nullable Found found() {
    return found;
  }

  void found(Found workspace) {
    found = workspace;
  }

  /** Tells the customer something that is no failure; the same, told again, is told once. */
  void warn(String code, String detail) {
    warnings.add(Job.Warning.of(code, detail));
  }

  /** What was told by {@link #warn}. */
  List<Job.Warning> warnings() {
    return List.copyOf(warnings);
  }

  @Nullable SavedFiles saved() {
    return saved;
  }

  void saved(SavedFiles files) {
    saved = files;
  }

  /** The repository that is there; null for a job without one, and until it is. */
  @Nullable Repository repository() {
    return repository;
  }

  void repository(Repository known) {
    repository = known;
  }

  /** The branch that it began on; null: none. */
  @Nullable String branch() {
    return branch;
  }

  void branch(@Nullable String name) {
    branch = name;
  }

  /** What its agent's program says of its version; null: unknown. */
  @Nullable String agentVersion() {
    return agentVersion;
  }

  void agentVersion(@Nullable String version) {
    agentVersion = version;
  }

  /** What its receipt says of it; null before its agent has ended. */
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

  /** Whether its agent may start: what it needs is there. */
  public boolean isReady() {
    return fault == null;
  }

  /** Why it is to stop, when it is. */
  Optional<StopReason> stopReason() {
    return Optional.ofNullable(stopReason);
  }

  /** Why the job fails whatever the agent's exit code; null: it does not. */
  Job.@Nullable Fault fault() {
    return fault;
  }

  void fail(Job.Fault reason) {
    fault = reason;
  }

  /** Whether others may wait for the slot or workspace that the run has given back. */
  public boolean isAwaited() {
    return awaited;
  }

  void freed(boolean othersWait) {
    awaited = othersWait;
  }

  /**
   * The lease holds for so long. Unless it is renewed, the agent is stopped when a quarter of it is
   * left, whatever a heartbeat waits for: its processes are gone when another worker may start.
   */
  void leased(Instant from, Duration lease) {
    leasedUntil = from.plus(lease);
    var stopAt = from.plus(lease.multipliedBy(3).dividedBy(4));
    // From the beginning of the renewal, not from its end: AWS may have answered slowly.
    var left = Math.max(0, Duration.between(Instant.now(), stopAt).toMillis());
    CompletableFuture.delayedExecutor(left, TimeUnit.MILLISECONDS, Thread::startVirtualThread)
        .execute(() -> stopUnlessRenewed(from.plus(lease)));
  }

  /** Whoever renews the lease holds it. */
  Lock renewal() {
    return renewal;
  }

  private void stopUnlessRenewed(Instant until) {
    var now = leasedUntil;
    if (now != null && !now.isAfter(until)) {
      lose(StopReason.RELEASED);
    }
  }

  /** Whether its agent was started. */
  boolean hasStarted() {
    return process != null;
  }

  /**
   * Its agent's process.
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

  /** Stops the agent, now or as soon as it has started. */
  synchronized void stop(StopReason reason) {
    stopReason = reason;
    if (process != null) {
      process.stop(reason);
    }
  }

  /** The job is no longer ours: stop, and finish nothing. */
  void lose(StopReason reason) {
    lost = true;
    stop(reason);
  }

  /** Somebody reads the output while the agent prints it. */
  void watchedUntil(Instant until) {
    watchedUntil = until;
  }

  boolean isWatched(Instant now) {
    return now.isBefore(watchedUntil);
  }

  /** Whether output was added that is worth storing now. */
  boolean wantsStoring(Instant now, OutputPace pace) {
    return process().outputBytes() > Math.max(storedBytes, 0)
        && (storedBytes < 0 || !now.isBefore(storedAt.plus(pace.pause(this, now))));
  }

  /** How long the last storing of the output took. */
  Duration storing() {
    return storing;
  }

  /**
   * Notes that the output was stored.
   *
   * @param took how long that took
   */
  void stored(long bytes, Instant at, Duration took) {
    storedBytes = bytes;
    storedAt = at;
    storing = took;
  }
}
