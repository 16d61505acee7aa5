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
 * How near a tenant is to a cap that is too hot to be counted in a transaction: a measure, taken
 * beside the requests, and what this container has let in since. It measures again after a tenth of
 * what was left, so that a cap is passed by at most that of each other container. Thread-safe.
 */
final class TenantGauge {

  private static final Logger LOG = LoggerFactory.getLogger(TenantGauge.class);
  private static final int TENANTS = 100_000;
  private static final Duration KEPT = Duration.ofMinutes(10);

  /** Let in by a container before it measures for the first time. */
  private static final int UNMEASURED = 100;

  /** What was let in is written, and in its index, by then; nobody has us measure more often. */
  private static final long SETTLED = Duration.ofSeconds(1).toNanos();

  private final int most;
  private final ToIntFunction<String> measure;
  private final Cache<String, Level> levels =
      Caffeine.newBuilder().maximumSize(TENANTS).expireAfterAccess(KEPT).build();

  /**
   * A gauge.
   *
   * @param measure how much a tenant has, of its id; may stop counting at the cap
   */
  TenantGauge(int most, ToIntFunction<String> measure) {
    this.most = most;
    this.measure = measure;
  }

  /** Whether a tenant may have one more, which is counted then. */
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

    /** Measures beside whoever asks for it, once at a time. */
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
      } catch (RuntimeException e) { // also of a client that was closed meanwhile
        LOG.warn("The number of a tenant's resources was not counted: {}", e.toString());
      } finally {
        measuring.set(false);
      }
    }
  }
}
