package io.outpost.jobs;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * How long a tenant's own jobs keep the next one from a slot, for only so many run at once. Counted
 * as they are submitted to this container, less what ends at the pace of the tenant's last jobs;
 * measured beside the submissions of tenants that may be at their cap, and less and less often
 * while they are. Thread-safe.
 */
@Component
class TenantBacklogs {

  private static final Logger LOG = LoggerFactory.getLogger(TenantBacklogs.class);
  private static final int TENANTS = 100_000;
  private static final Duration KEPT = Duration.ofHours(1);

  /** What was submitted before is written, and in its index, by then. */
  private static final long SETTLED = Duration.ofSeconds(1).toNanos();

  private static final long LONGEST_PAUSE = Duration.ofMinutes(1).toNanos();

  private final Function<String, TenantMeasures.Measure> measure;
  private final Clock clock;
  private final Executor beside;
  private final Cache<String, Backlog> backlogs =
      Caffeine.newBuilder().maximumSize(TENANTS).expireAfterAccess(KEPT).build();

  @Autowired
  TenantBacklogs(TenantMeasures measures) {
    this(measures::measure, Clock.systemUTC(), Thread::startVirtualThread);
  }

  /**
   * For a test of the times alone.
   *
   * @param beside runs what is not waited for
   */
  TenantBacklogs(Function<String, TenantMeasures.Measure> measure, Clock clock, Executor beside) {
    this.measure = measure;
    this.clock = clock;
    this.beside = beside;
  }

  /**
   * Counts one more job of a tenant, and says how long it waits until fewer than {@code cap} of the
   * jobs before it are left; empty when nobody knows how long these take.
   */
  Optional<Duration> add(String tenantId, int cap) {
    return backlogs.get(tenantId, Backlog::new).add(cap);
  }

  private final class Backlog {
    private final String tenantId;
    private final AtomicInteger since = new AtomicInteger();
    private double open;
    private volatile @Nullable Duration each;
    private Instant at = clock.instant();
    private volatile boolean measuring;
    private volatile boolean learning;

    Backlog(String tenantId) {
      this.tenantId = tenantId;
    }

    synchronized Optional<Duration> add(int cap) {
      drain(cap);
      var before = open;
      open++;
      since.incrementAndGet();
      if (open >= cap && !measuring) {
        measuring = true;
        beside.execute(() -> measureSoon(cap));
      }
      var ends = before - cap + 1;
      if (ends <= 0) {
        return Optional.of(Duration.ZERO);
      }
      if (each == null && !learning) {
        // For the next of a burst; this one is not written yet.
        learning = true;
        since.set(1);
        beside.execute(this::learn);
      }
      return Optional.ofNullable(each)
          .map(one -> Duration.ofMillis((long) (one.toMillis() * ends / cap)));
    }

    /** As many jobs have ended as do at this pace. */
    private void drain(int cap) {
      var now = clock.instant();
      if (each != null) {
        var passed = (double) Duration.between(at, now).toMillis();
        open = Math.max(0, open - passed * cap / Math.max(1, each.toMillis()));
      }
      at = now;
    }

    /**
     * When what was submitted is written, and less and less often while the tenant stays at its
     * cap.
     */
    private void measureSoon(int cap) {
      try {
        var left = cap;
        for (var pause = SETTLED; left >= cap && pause < LONGEST_PAUSE; pause *= 2) {
          LockSupport.parkNanos(pause);
          left = measureNow();
        }
      } catch (RuntimeException e) { // also of a client that was closed meanwhile
        LOG.warn("The number of a tenant's open jobs was not counted: {}", e.toString());
      } finally {
        measuring = false;
      }
    }

    private void learn() {
      try {
        var unused = measureSince();
      } catch (RuntimeException e) { // also of a client that was closed meanwhile
        LOG.warn("The run times of a tenant's jobs were not measured: {}", e.toString());
      } finally {
        learning = false;
      }
    }

    private int measureNow() {
      since.set(0);
      return measureSince();
    }

    private int measureSince() {
      var found = measure.apply(tenantId);
      synchronized (this) {
        open =
            found.open() < TenantMeasures.MOST_OPEN
                ? found.open() + since.get()
                : Math.max(open, found.open()); // There may be more than were counted.
        each = found.each() == null ? each : found.each();
        at = clock.instant();
      }
      return found.open();
    }
  }

  /** Measures a tenant at once, for a test. */
  void measureNow(String tenantId) {
    var unused = backlogs.get(tenantId, Backlog::new).measureNow();
  }
}
