package io.outpost.worker;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Keeps ECS from stopping this task for a scale-in or a deployment while an agent runs here. A
 * worker that is always busy would never be replaced; so after a configured time, or when ECS says
 * that a deployment is blocked, the worker takes no further jobs until the running ones have ended.
 * Thread-safe.
 */
@Profile({"worker", "local"})
@Component("taskProtection")
public class TaskProtection {

  private static final Logger LOG = LoggerFactory.getLogger(TaskProtection.class);

  /** How long a protection lasts; it expires by itself when the worker dies. */
  static final Duration LASTS = Duration.ofMinutes(10);

  /** The interval of renewals, and so the time in which a blocked deployment is noticed. */
  static final Duration RENEWED = Duration.ofMinutes(1);

  /** The time that ECS gets to stop a task whose jobs have ended. */
  static final Duration FOR_ECS = Duration.ofMinutes(3);

  /** What the route must do: take jobs as before, stop taking them, or go on. */
  public enum Taking {
    AS_BEFORE,
    STOP,
    GO_ON
  }

  private final AgentRuns runs;
  private final EcsAgent ecs;
  private final Duration limit;
  private final Clock clock;
  private volatile @Nullable Instant protectedSince;
  private volatile @Nullable Instant renewed;
  private volatile @Nullable Instant drained;
  private volatile boolean draining;

  @Autowired
  TaskProtection(
      AgentRuns runs, EcsAgent ecs, @Value("${outpost.worker.protected-for}") Duration limit) {
    this(runs, ecs, limit, Clock.systemUTC());
  }

  TaskProtection(AgentRuns runs, EcsAgent ecs, Duration limit, Clock clock) {
    this.runs = runs;
    this.ecs = ecs;
    this.limit = limit;
    this.clock = clock;
  }

  /** Requests, renews or ends the protection; outside ECS it does nothing. */
  public synchronized Taking renew() {
    if (!ecs.isThere()) {
      return Taking.AS_BEFORE;
    }
    return runs.isBusy() ? keep(clock.instant()) : letGo(clock.instant());
  }

  /** Whether this worker takes no further jobs. */
  public boolean isDraining() {
    return draining;
  }

  private Taking keep(Instant now) {
    drained = null;
    var since = protectedSince == null ? now : protectedSince;
    protectedSince = since;
    var blocked = false;
    if (renewed == null || !now.isBefore(renewed.plus(RENEWED))) {
      var answer = ecs.protect(true, LASTS);
      blocked = answer == EcsAgent.Answer.DEPLOYMENT_BLOCKED;
      if (answer == EcsAgent.Answer.DONE) {
        renewed = now;
      }
    }
    if (draining || !(blocked || now.isAfter(since.plus(limit)))) {
      return Taking.AS_BEFORE;
    }
    LOG.info(
        "Taking no further jobs until the running ones have ended: {}",
        blocked ? "a deployment waits" : "protected for " + limit);
    draining = true;
    return Taking.STOP;
  }

  private Taking letGo(Instant now) {
    if (renewed != null && ecs.protect(false, LASTS) == EcsAgent.Answer.DONE) {
      renewed = null;
    }
    protectedSince = null;
    if (!draining) {
      return Taking.AS_BEFORE;
    }
    if (drained == null) {
      drained = now;
    }
    if (now.isBefore(drained.plus(FOR_ECS))) {
      return Taking.AS_BEFORE;
    }
    draining = false;
    return Taking.GO_ON;
  }
}
