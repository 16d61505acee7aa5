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
 * Whose jobs this worker takes. A worker for one tenant is the first one's whose job runs here, and
 * ends when it has been idle, for its successor to be another's: no two tenants ever share its
 * process, kernel objects or task. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("tenancy")
public class Tenancy {

  /** Of how many tenants a worker takes jobs, from its start to its end. */
  enum Mode {
    SHARED,
    SINGLE
  }

  private final Mode mode;
  private final Set<Tier> tiers;
  private final Duration idle;
  private final Clock clock;
  private final Stay stay = new Stay();

  /** What has run here so far; guarded by its tenancy. */
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

  /** Whether jobs of everybody run here; else one may be another worker's to take, and wait. */
  boolean isForAll() {
    return mode == Mode.SHARED && tiers.containsAll(EnumSet.allOf(Tier.class));
  }

  /** Whether jobs of the tier run here. */
  boolean isFor(StoredJob job) {
    return tiers.contains(job.details().tier());
  }

  /** The only tenant whose jobs run here; empty while it may be any. */
  synchronized Optional<String> tenant() {
    return Optional.ofNullable(stay.tenant);
  }

  /** Lets a job in, unless it is none for this worker; who was let in must leave. */
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

  /** Nothing of a job that was let in is here any more. */
  synchronized void leave(boolean hasRun) {
    stay.served |= hasRun;
    stay.jobs--;
    if (stay.jobs == 0) {
      stay.idleSince = clock.instant();
      stay.tenant = stay.served ? stay.tenant : null;
    }
  }

  /** Says once that a tenant's worker has been idle; from then on it lets no job in. */
  public synchronized boolean isOver() {
    var idleSince = stay.idleSince;
    if (stay.over || mode == Mode.SHARED || !stay.served || stay.jobs > 0 || idleSince == null) {
      return false;
    }
    stay.over = !clock.instant().isBefore(idleSince.plus(idle));
    return stay.over;
  }
}
