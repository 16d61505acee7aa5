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
 * job, and ends when it has been idle, so that its successor can serve another tenant: no two
 * tenants ever share its process, kernel objects or task. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("tenancy")
public class Tenancy {

  /** The number of tenants of a worker during its life: one or all. */
  enum Mode {
    SHARED,
    SINGLE
  }

  private final Mode mode;
  private final Set<Tier> tiers;
  private final Duration idle;
  private final Clock clock;
  private final Stay stay = new Stay();

  /** The state of the worker's jobs; guarded by its tenancy. */
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

  /** Whether this worker takes jobs of all tenants; otherwise a job may wait for another worker. */
  boolean isForAll() {
    return mode == Mode.SHARED && tiers.containsAll(EnumSet.allOf(Tier.class));
  }

  /** Whether this worker takes jobs of the tier. */
  boolean isFor(StoredJob job) {
    return tiers.contains(job.details().tier());
  }

  /** The only tenant whose jobs run here; empty while it may still be any. */
  synchronized Optional<String> tenant() {
    return Optional.ofNullable(stay.tenant);
  }

  /** Admits a job, unless it is not for this worker; every admitted job must leave. */
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

  /** True once, when a tenant's worker has been idle; from then on it admits no job. */
  public synchronized boolean isOver() {
    var idleSince = stay.idleSince;
    if (stay.over || mode == Mode.SHARED || !stay.served || stay.jobs > 0 || idleSince == null) {
      return false;
    }
    stay.over = !clock.instant().isBefore(idleSince.plus(idle));
    return stay.over;
  }
}
