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
 * Estimates how long a tenant's own jobs delay its next one, because the tenant has a limited
 * number of slots. Counts the jobs submitted to this container, and subtracts jobs that have
 * probably ended at the pace of the tenant's last jobs. For tenants that may be at their cap the
 * number is also measured in the background, less and less often while they stay there.
 * Thread-safe.
 */
@Component
class TenantBacklogs {

  private static final Logger LOG = LoggerFactory.getLogger(TenantBacklogs.class);
  private static final int TENANTS = 100_000;
  private static final Duration KEPT = Duration.ofHours(1);

  /** The time in which earlier submissions appear in the index. */
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
   * For tests.
   *
   * @param beside runs background work
   */
  TenantBacklogs(Function<String, TenantMeasures.Measure> measure, Clock clock, Executor beside) {
    this.measure = measure;
    this.clock = clock;
    this.beside = beside;
  }

  /**
   * Counts one more job of a tenant, and estimates how long it takes until fewer than {@code cap}
   * of the jobs before it remain; empty when the duration of the tenant's jobs is unknown.
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
        // Helps the next job of a burst; this job is not in the table yet.
        learning = true;
        since.set(1);
        beside.execute(this::learn);
      }
      return Optional.ofNullable(each)
          .map(one -> Duration.ofMillis((long) (one.toMillis() * ends / cap)));
    }

    /** Subtracts the jobs that have probably ended since the last call. */
    private void drain(int cap) {
      var now = clock.instant();
      if (each != null) {
        var passed = (double) Duration.between(at, now).toMillis();
        open = Math.max(0, open - passed * cap / Math.max(1, each.toMillis()));
      }
      at = now;
    }

    /**
     * Measures once the submissions are in the index, and then less and less often while the tenant
     * stays at its cap.
     */
    private void measureSoon(int cap) {
      try {
        var left = cap;
        for (var pause = SETTLED; left >= cap && pause < LONGEST_PAUSE; pause *= 2) {
          LockSupport.parkNanos(pause);
          left = measureNow();
        }
      } catch (RuntimeException e) { // also when the AWS client was closed meanwhile
        LOG.warn("The number of a tenant's open jobs was not counted: {}", e.toString());
      } finally {
        measuring = false;
      }
    }

    private void learn() {
      try {
        var unused = measureSince();
      } catch (RuntimeException e) { // also when the AWS client was closed meanwhile
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
                : Math.max(open, found.open()); // The measured number is a lower bound.
        each = found.each() == null ? each : found.each();
        at = clock.instant();
      }
      return found.open();
    }
  }

  /** For tests: measures a tenant at once. */
  void measureNow(String tenantId) {
    var unused = backlogs.get(tenantId, Backlog::new).measureNow();
  }
}
