package io.outpost.worker;

import io.outpost.job.StoredJob;
import io.outpost.tenant.Tier;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Decides whose jobs this worker takes. A worker for one tenant belongs to the tenant of its first
 * job, and ends after an idle time, so that its successor can serve another tenant: no two tenants
 * ever share a process, kernel objects or a task. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("tenancy")
public class Tenancy {

  /** Whether the worker serves one tenant in its life, or all. */
  enum Mode {
    SHARED,
    SINGLE
  }

  private final Mode mode;
  private final Set<Tier> tiers;
  private final Duration idle;
  private final Clock clock;
  private final Stay stay = new Stay();

  /** Who uses this worker; guarded by the lock of the enclosing object. */
  private static final class Stay {
    private @Nullable String tenant;
    private boolean served;
    private int jobs;
    private @Nullable Instant idleSince;
    private boolean over;
  }

  @Autowired
  Tenancy(
      @Value("${outpost.worker.tenancy}") Mode mode,
      @Value("${outpost.worker.tiers}") Set<Tier> tiers,
      @Value("${outpost.worker.single-idle}") Duration idle,
      Environment environment) {
    this(mode, tiers, idle, Clock.systemUTC());
    if (mode == Mode.SINGLE && environment.matchesProfiles("local")) {
      throw new IllegalStateException(
          "OUTPOST_WORKER_TENANCY=single is for a worker alone: it ends its process");
    }
  }

  Tenancy(Mode mode, Set<Tier> tiers, Duration idle, Clock clock) {
    this.mode = mode;
    this.tiers = Set.copyOf(tiers);
    this.idle = idle;
    this.clock = clock;
  }

  /**
   * Whether this worker takes jobs of all tenants. Otherwise a job may have to wait for another
   * worker.
   */
  boolean isForAll() {
    return mode == Mode.SHARED && tiers.containsAll(EnumSet.allOf(Tier.class));
  }

  /** Whether this worker takes jobs of the job's tier. */
  boolean isFor(StoredJob job) {
    return tiers.contains(job.details().tier());
  }

  /** The tenant that this worker serves; empty while no tenant has been chosen. */
  synchronized Optional<String> tenant() {
    return Optional.ofNullable(stay.tenant);
  }

  /**
   * Admits a job if this worker may run it. Each admitted job must be followed by {@link #leave}.
   */
  synchronized boolean enter(StoredJob stored) {
    var owner = stored.job().tenantId();
    if (!isFor(stored) || stay.over || (stay.tenant != null && !stay.tenant.equals(owner))) {
      return false;
    }
    if (mode == Mode.SINGLE) {
      stay.tenant = owner;
    }
    stay.jobs++;
    return true;
  }

  /** Records that an admitted job has left. */
  synchronized void leave(boolean hasRun) {
    stay.served |= hasRun;
    stay.jobs--;
    if (stay.jobs == 0) {
      stay.idleSince = clock.instant();
      stay.tenant = stay.served ? stay.tenant : null;
    }
  }

  /**
   * Returns true once, when one tenant's worker has been idle long enough. From then on it admits
   * no job.
   */
  public synchronized boolean isOver() {
    var idleSince = stay.idleSince;
    if (stay.over || mode == Mode.SHARED || !stay.served || stay.jobs > 0 || idleSince == null) {
      return false;
    }
    stay.over = !clock.instant().isBefore(idleSince.plus(idle));
    return stay.over;
  }
}
