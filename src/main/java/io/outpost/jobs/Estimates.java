package io.outpost.jobs;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.aws.Queues;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.kernel.Lanes;
import io.outpost.telemetry.Metric;
import io.outpost.telemetry.Reading;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * When a job will probably start: the jobs that wait before it, divided by how fast they were taken
 * lately, and not before its tenant has a slot for it. Measured now and then, never on the path of
 * a request; with jobs waiting and no progress seen there is no estimate. Thread-safe.
 */
@Component("estimates")
public class Estimates {

  private static final double SMOOTHING = 0.3;

  /** Whoever waits for longer does not know when it ends. */
  private static final Duration LONGEST = Duration.ofDays(30);

  private static final Duration STALE = Duration.ofMinutes(1);

  private final Queues queues;
  private final TenantBacklogs backlogs;

  /** Highest first: a lane waits for those before it, roughly. */
  private final List<String> lanes;

  private final Map<String, Reading> depths;
  private final Map<String, Long> waiting = new ConcurrentHashMap<>();
  private final AtomicLong sent = new AtomicLong();
  private volatile Instant measured = Instant.MIN;
  private volatile double takenPerSecond;

  Estimates(
      Queues queues,
      TenantBacklogs backlogs,
      @Value("${outpost.worker.lanes}") String lanes,
      MeterRegistry meters) {
    this.queues = queues;
    this.backlogs = backlogs;
    this.lanes = Lanes.of(lanes);
    this.depths =
        this.lanes.stream()
            .collect(
                Collectors.toMap(
                    lane -> lane, lane -> Metric.QUEUE_MESSAGES.reading(meters, "jobs-" + lane)));
  }

  /** Counts the waiting jobs of each lane, and how fast they went since the last time. */
  public synchronized void measure() {
    var before = total();
    for (var lane : lanes) {
      waiting.put(lane, queues.waiting("jobs-" + lane));
      depths.get(lane).set(waiting.get(lane));
    }
    var now = Instant.now();
    var arrived = sent.getAndSet(0);
    if (before > 0 && measured != Instant.MIN) {
      var seconds = Math.max(0.001, Duration.between(measured, now).toMillis() / 1000.0);
      var taken = Math.max(0, before + arrived - total()) / seconds;
      takenPerSecond =
          takenPerSecond == 0 ? taken : SMOOTHING * taken + (1 - SMOOTHING) * takenPerSecond;
    }
    measured = now;
  }

  /** The job, with an estimate if there is one; one that is scheduled starts when it is due. */
  public Job estimate(@Body Job job, @ExchangeProperty(Call.NAME) Call call) {
    if (job.isScheduled()) {
      return job.withEstimatedStart(job.startAfter());
    }
    sent.incrementAndGet();
    var cap = call.principal().tier().slots();
    var inItsLane = startOf(job);
    var ofItsTenant = backlogs.add(job.tenantId(), cap).map(job.createdAt()::plus);
    return job.withEstimatedStart(
        inItsLane == null
            ? null
            : ofItsTenant.map(start -> start.isAfter(inItsLane) ? start : inItsLane).orElse(null));
  }

  private Instant startOf(Job job) {
    if (Duration.between(measured, job.createdAt()).compareTo(STALE) > 0) {
      return null;
    }
    var ahead = 0L;
    for (var lane : lanes.subList(0, lanes.indexOf(job.priority()) + 1)) {
      ahead += waiting.getOrDefault(lane, 0L);
    }
    if (ahead == 0) {
      return job.createdAt();
    }
    var seconds = ahead / takenPerSecond;
    return seconds > LONGEST.toSeconds()
        ? null
        : job.createdAt().plusMillis((long) (1000 * seconds));
  }

  private long total() {
    return waiting.values().stream().mapToLong(Long::longValue).sum();
  }
}
