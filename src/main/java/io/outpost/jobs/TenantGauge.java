package io.outpost.jobs;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tracks how close a tenant is to a cap. Counting in each transaction would make one item too busy,
 * so the number is a measurement, taken in the background, plus what this container has accepted
 * since. It is measured again when a tenth of the remaining number has been accepted, so each other
 * container can exceed the cap by at most that much. Thread-safe.
 */
final class TenantGauge {

  private static final Logger LOG = LoggerFactory.getLogger(TenantGauge.class);
  private static final int TENANTS = 100_000;
  private static final Duration KEPT = Duration.ofMinutes(10);

  /** How many a container accepts before it measures for the first time. */
  private static final int UNMEASURED = 100;

  /**
   * The time in which accepted items appear in the index, and the shortest interval of
   * measurements.
   */
  private static final long SETTLED = Duration.ofSeconds(1).toNanos();

  private final int most;
  private final ToIntFunction<String> measure;
  private final Cache<String, Level> levels =
      Caffeine.newBuilder().maximumSize(TENANTS).expireAfterAccess(KEPT).build();

  /**
   * A gauge.
   *
   * @param measure counts the items of a tenant with this id; may stop at the cap
   */
  TenantGauge(int most, ToIntFunction<String> measure) {
    this.most = most;
    this.measure = measure;
  }

  /** Whether the tenant may have one more; if so, counts it. */
  boolean admit(String tenantId) {
    var level = levels.get(tenantId, id -> new Level());
    var admitted = level.estimate() < most;
    if (admitted) {
      level.since.incrementAndGet();
    }
    if (!admitted || level.since.get() >= level.step()) {
      level.measure(tenantId);
    }
    return admitted;
  }

  private final class Level {
    private final AtomicLong since = new AtomicLong();
    private final AtomicBoolean measuring = new AtomicBoolean();
    private volatile int measured;
    private volatile boolean known;

    long estimate() {
      return measured + since.get();
    }

    int step() {
      return known ? Math.max(1, (most - measured) / 10) : Math.min(UNMEASURED, most);
    }

    /** Measures in the background, unless a measurement is under way. */
    void measure(String tenantId) {
      if (measuring.compareAndSet(false, true)) {
        var unused = Thread.startVirtualThread(() -> count(tenantId));
      }
    }

    private void count(String tenantId) {
      try {
        var before = since.get();
        LockSupport.parkNanos(SETTLED);
        measured = measure.applyAsInt(tenantId);
        since.addAndGet(-before);
        known = true;
      } catch (RuntimeException e) { // also when the AWS client was closed meanwhile
        LOG.warn("The number of a tenant's resources was not counted: {}", e.toString());
      } finally {
        measuring.set(false);
      }
    }
  }
}
