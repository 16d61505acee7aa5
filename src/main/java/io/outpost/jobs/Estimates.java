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
 * When a job will probably start: at once while a slot is free for it, else when as many jobs have
 * ended as are before it, at the pace of the last minutes, and not before its tenant has a slot for
 * it. Measured now and then, never on the path of a request; where all slots are busy and nothing
 * has ended lately there is no estimate. Thread-safe.
 */
@Component("estimates")
public class Estimates {

  /** Whoever waits for longer does not know when it ends. */
  private static final Duration LONGEST = Duration.ofDays(30);

  private static final Duration STALE = Duration.ofMinutes(1);

  private final Queues queues;
  private final OfferedAgents workers;
  private final TenantBacklogs backlogs;
  private final Clock clock;

  /** Highest first: a lane waits for those before it, roughly. */
  private final List<String> lanes;

  private final Map<String, Reading> depths;

  /** Jobs of each lane that came after the last measure, to this container. */
  private final Map<String, Long> sent = new ConcurrentHashMap<>();

  private final Pace pace = new Pace();
  private volatile @Nullable Seen seen;

  /**
   * What was measured.
   *
   * @param waiting messages of each lane that no worker has received
   * @param running messages that workers work on
   * @param free slots that take the next job at once; null when nobody knows
   * @param ended jobs that have ended on all workers; empty when not all count them
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
     * Jobs that have ended since; of a job that waits for something there is no message meanwhile,
     * and a new one afterwards, so messages are counted only where workers count no jobs.
     *
     * @param arrived jobs that came meanwhile, to this container
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

  /** For a test of the times. */
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

  /** Counts the jobs that wait and run, and how fast they ended since the last time. */
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

  /** Where messages wait over two measures, no slot is free for them, whatever workers told. */
  private @Nullable Long free(@Nullable Seen before, Map<String, Long> waiting, long running) {
    var isLeft = sum(waiting.values()) > 0;
    if (isLeft && before != null && sum(before.waiting().values()) > 0) {
      return 0L;
    }
    var slots = workers.slots();
    return slots.isPresent() ? Long.valueOf(Math.max(0, slots.getAsInt() - running)) : null;
  }

  /** The job, with an estimate if there is one; one that is scheduled starts when it is due. */
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

  /** The jobs of lanes that came before one that comes now, and that did not run yet. */
  private long before(Seen now, Collection<String> some) {
    return some.stream()
        .mapToLong(lane -> now.waiting().getOrDefault(lane, 0L) + sent.getOrDefault(lane, 0L))
        .sum();
  }

  private static long sum(Collection<Long> counts) {
    return counts.stream().mapToLong(Long::longValue).sum();
  }

  /** How fast jobs ended while all slots were busy: what was long ago counts less and less. */
  private static final class Pace {

    private static final double MEMORY = Duration.ofMinutes(3).toMillis();

    /** With less of a job left in the memory, nothing moves. */
    private static final double TOO_LITTLE = 0.1;

    private double jobs;
    private double millis;

    synchronized void add(long ended, Duration time) {
      var kept = Math.exp(-time.toMillis() / MEMORY);
      jobs = jobs * kept + Math.max(0, ended);
      millis = millis * kept + time.toMillis();
    }

    /** How long so many jobs take to end; empty when nobody knows. */
    synchronized Optional<Duration> timeOf(long count) {
      return jobs < TOO_LITTLE || millis == 0
          ? Optional.empty()
          : Optional.of(Duration.ofMillis((long) (count * millis / jobs)));
    }
  }
}
