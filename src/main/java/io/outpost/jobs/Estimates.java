package io.outpost.jobs;

import io.outpost.aws.Queues;
import io.outpost.job.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Body;
import org.springframework.stereotype.Component;

/**
 * When a job will probably start: the jobs that wait before it, divided by how fast they were taken
 * lately. Measured now and then, never on the path of a request; with jobs waiting and no progress
 * seen there is no estimate. Thread-safe.
 */
@Component("estimates")
public class Estimates {

  /** Highest first: a lane waits for those before it, roughly. */
  private static final List<String> LANES = List.of("high", "normal", "low");

  private static final double SMOOTHING = 0.3;

  /** Whoever waits for longer does not know when it ends. */
  private static final Duration LONGEST = Duration.ofDays(30);

  private static final Duration STALE = Duration.ofMinutes(1);

  private final Queues queues;
  private final Map<String, Long> waiting = new ConcurrentHashMap<>();
  private final AtomicLong sent = new AtomicLong();
  private volatile Instant measured = Instant.MIN;
  private volatile double takenPerSecond;

  Estimates(Queues queues) {
    this.queues = queues;
  }

  /** Counts the waiting jobs of each lane, and how fast they went since the last time. */
  public synchronized void measure() {
    var before = total();
    for (var lane : LANES) {
      waiting.put(lane, queues.waiting("jobs-" + lane));
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
  public Job estimate(@Body Job job) {
    if (job.isScheduled()) {
      return job.withEstimatedStart(job.startAfter());
    }
    sent.incrementAndGet();
    return job.withEstimatedStart(startOf(job));
  }

  private Instant startOf(Job job) {
    if (Duration.between(measured, job.createdAt()).compareTo(STALE) > 0) {
      return null;
    }
    var ahead = 0L;
    for (var lane : LANES.subList(0, LANES.indexOf(job.priority()) + 1)) {
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
