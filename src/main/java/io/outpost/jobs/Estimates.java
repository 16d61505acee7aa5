package io.outpost.jobs;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.agents.OfferedAgents;
import io.outpost.aws.Queues;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.kernel.Lanes;
import io.outpost.telemetry.Metric;
import io.outpost.telemetry.Reading;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Estimates when a job will start: at once while a slot is free for it; otherwise when all jobs
 * ahead of it have ended, at the pace of the last minutes; and not before its tenant has a free
 * slot. The figures are measured in the background, never during a request. There is no estimate
 * when all slots are busy and no job has ended lately. Thread-safe.
 */
@Component("estimates")
public class Estimates {

  /** A longer estimate is not given to the client. */
  private static final Duration LONGEST = Duration.ofDays(30);

  private static final Duration STALE = Duration.ofMinutes(1);

  private final Queues queues;
  private final OfferedAgents workers;
  private final TenantBacklogs backlogs;
  private final Clock clock;

  /**
   * The lanes, highest first. Roughly, the jobs of a lane start after those of the lanes before it.
   */
  private final List<String> lanes;

  private final Map<String, Reading> depths;

  /** How many jobs of each lane this container has accepted since the last measurement. */
  private final Map<String, Long> sent = new ConcurrentHashMap<>();

  private final Pace pace = new Pace();
  private volatile @Nullable Seen seen;

  /**
   * A measurement.
   *
   * @param waiting visible messages of each lane
   * @param running messages in flight
   * @param free free slots of all workers; null when unknown
   * @param ended jobs that have ended on all workers; empty when not all workers report them
   */
  private record Seen(
      Instant at,
      Map<String, Long> waiting,
      long running,
      @Nullable Long free,
      OptionalLong ended) {

    boolean areAllBusy() {
      return free == null ? Estimates.sum(waiting.values()) > 0 : free == 0;
    }

    long messages() {
      return Estimates.sum(waiting.values()) + running;
    }

    /**
     * How many jobs have ended since an earlier measurement. Messages are counted only when workers
     * do not report ended jobs, because a job that waits for a slot or workspace loses its message
     * and gets a new one later.
     *
     * @param arrived jobs that this container accepted in between
     */
    long ended(Seen before, long arrived) {
      return ended.isPresent() && before.ended().isPresent()
          ? ended.getAsLong() - before.ended().getAsLong()
          : before.messages() + arrived - messages();
    }
  }

  @Autowired
  Estimates(
      Queues queues,
      OfferedAgents workers,
      TenantBacklogs backlogs,
      @Value("${outpost.worker.lanes}") String lanes,
      MeterRegistry meters) {
    this(queues, workers, backlogs, lanes, Clock.systemUTC(), meters);
  }

  /** For tests. */
  Estimates(
      Queues queues,
      OfferedAgents workers,
      TenantBacklogs backlogs,
      String lanes,
      Clock clock,
      MeterRegistry meters) {
    this.queues = queues;
    this.workers = workers;
    this.backlogs = backlogs;
    this.lanes = Lanes.of(lanes);
    this.depths =
        this.lanes.stream()
            .collect(
                Collectors.toMap(
                    lane -> lane, lane -> Metric.QUEUE_MESSAGES.reading(meters, "jobs-" + lane)));
    this.clock = clock;
  }

  /** Counts waiting and running jobs, and the jobs that ended since the last measurement. */
  public synchronized void measure() {
    var before = seen;
    var arrived = sum(sent.values());
    sent.clear();
    var waiting = new ConcurrentHashMap<String, Long>();
    var running = 0L;
    for (var lane : lanes) {
      var depth = queues.depth("jobs-" + lane);
      waiting.put(lane, depth.waiting());
      running += depth.received();
      Objects.requireNonNull(depths.get(lane)).set(depth.waiting());
    }
    var free = free(before, waiting, running);
    var now = new Seen(clock.instant(), waiting, running, free, workers.ended());
    if (before != null && before.areAllBusy()) {
      pace.add(now.ended(before, arrived), Duration.between(before.at(), now.at()));
    }
    seen = now;
  }

  /**
   * The number of free slots; null when unknown. When messages wait in two measurements in a row,
   * no slot is free, whatever workers report.
   */
  private @Nullable Long free(@Nullable Seen before, Map<String, Long> waiting, long running) {
    var isLeft = sum(waiting.values()) > 0;
    if (isLeft && before != null && sum(before.waiting().values()) > 0) {
      return 0L;
    }
    var slots = workers.slots();
    return slots.isPresent() ? Long.valueOf(Math.max(0, slots.getAsInt() - running)) : null;
  }

  /** Adds an estimate to the job, if there is one. A scheduled job starts at its start time. */
  public Job estimate(@Body Job job, @ExchangeProperty(Call.NAME) Call call) {
    if (job.isScheduled()) {
      return job.withEstimatedStart(job.startAfter());
    }
    var inItsLane = startOf(job);
    sent.merge(job.priority(), 1L, Long::sum);
    var cap = call.principal().tier().slots();
    var ofItsTenant = backlogs.add(job.tenantId(), cap).map(job.createdAt()::plus);
    return job.withEstimatedStart(
        inItsLane
            .flatMap(lane -> ofItsTenant.map(own -> own.isAfter(lane) ? own : lane))
            .orElse(null));
  }

  private Optional<Instant> startOf(Job job) {
    var now = seen;
    if (now == null || Duration.between(now.at(), job.createdAt()).compareTo(STALE) > 0) {
      return Optional.empty();
    }
    var free = now.free();
    var isFree = free == null ? !now.areAllBusy() : before(now, lanes) < free;
    if (isFree) {
      return Optional.of(job.createdAt());
    }
    var inItsLane = before(now, lanes.subList(0, lanes.indexOf(job.priority()) + 1));
    return pace.timeOf(Math.max(1, inItsLane + 1 - (free == null ? 0 : free)))
        .filter(time -> time.compareTo(LONGEST) < 0)
        .map(job.createdAt()::plus);
  }

  /** The number of jobs ahead of a new one in these lanes. */
  private long before(Seen now, Collection<String> some) {
    return some.stream()
        .mapToLong(lane -> now.waiting().getOrDefault(lane, 0L) + sent.getOrDefault(lane, 0L))
        .sum();
  }

  private static long sum(Collection<Long> counts) {
    return counts.stream().mapToLong(Long::longValue).sum();
  }

  /** The pace at which jobs ended while all slots were busy. Older measurements count less. */
  private static final class Pace {

    private static final double MEMORY = Duration.ofMinutes(3).toMillis();

    /** A smaller number of ended jobs is too small to estimate with. */
    private static final double TOO_LITTLE = 0.1;

    private double jobs;
    private double millis;

    synchronized void add(long ended, Duration time) {
      var kept = Math.exp(-time.toMillis() / MEMORY);
      jobs = jobs * kept + Math.max(0, ended);
      millis = millis * kept + time.toMillis();
    }

    /** How long it takes until this many jobs have ended; empty when unknown. */
    synchronized Optional<Duration> timeOf(long count) {
      return jobs < TOO_LITTLE || millis == 0
          ? Optional.empty()
          : Optional.of(Duration.ofMillis((long) (count * millis / jobs)));
    }
  }
}
