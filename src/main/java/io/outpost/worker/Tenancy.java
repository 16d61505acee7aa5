package io.outpost.worker;

import io.outpost.job.StoredJob;
import io.outpost.tenant.Tier;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
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
  private String tenant;
  private boolean served;
  private int here;
  private Instant idleSince;
  private boolean over;

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

  /** Whether jobs of the tier run here. */
  boolean isFor(StoredJob job) {
    return tiers.contains(job.details().tier());
  }

  /** The only tenant whose jobs run here; empty while it may be any. */
  synchronized Optional<String> tenant() {
    return Optional.ofNullable(tenant);
  }

  /** Lets a job in, unless it is none for this worker; who was let in must leave. */
  synchronized boolean enter(StoredJob stored) {
    var owner = stored.job().tenantId();
    if (!isFor(stored) || over || (tenant != null && !tenant.equals(owner))) {
      return false;
    }
    if (mode == Mode.SINGLE) {
      tenant = owner;
    }
    here++;
    return true;
  }

  /** Nothing of a job that was let in is here any more. */
  synchronized void leave(boolean hasRun) {
    served |= hasRun;
    here--;
    if (here == 0) {
      idleSince = clock.instant();
      tenant = served ? tenant : null;
    }
  }

  /** Says once that a tenant's worker has been idle; from then on it lets no job in. */
  public synchronized boolean isOver() {
    if (over || mode == Mode.SHARED || !served || here > 0) {
      return false;
    }
    over = !clock.instant().isBefore(idleSince.plus(idle));
    return over;
  }
}
