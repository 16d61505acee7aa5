package io.outpost.webhooks;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A worker's round of serving an endpoint: a few of its deliveries in parallel, under a lease. The
 * results decide what happens to the endpoint. Thread-safe.
 */
public final class Round {

  private final Endpoint endpoint;
  private final String lease;
  private final String mark;
  private final Instant freeSince;
  private final AtomicBoolean succeeded = new AtomicBoolean();
  private final AtomicBoolean failed = new AtomicBoolean();
  private final AtomicBoolean gone = new AtomicBoolean();
  private final AtomicReference<Instant> restUntil = new AtomicReference<>();
  private final AtomicReference<Instant> pausedUntil = new AtomicReference<>();

  Round(Endpoint endpoint, String lease, String mark, Instant freeSince) {
    this.endpoint = endpoint;
    this.lease = lease;
    this.mark = mark;
    this.freeSince = freeSince;
  }

  /** The endpoint as it was when the round began. */
  public Endpoint endpoint() {
    return endpoint;
  }

  String lease() {
    return lease;
  }

  /** A mark that changes whenever a delivery is queued. */
  String mark() {
    return mark;
  }

  /**
   * Since when a delivery to the endpoint was possible: no other was in progress, and the endpoint
   * had not asked for a pause.
   */
  Instant freeSince() {
    var changed = endpoint.updatedAt();
    return freeSince.isAfter(changed) ? freeSince : changed;
  }

  void noteSuccess() {
    succeeded.set(true);
  }

  void noteFailure() {
    failed.set(true);
  }

  void noteGone() {
    gone.set(true);
  }

  /** Records until when the endpoint wants to pause. */
  void rest(Instant until) {
    restUntil.accumulateAndGet(
        until, (one, other) -> one == null || one.isBefore(other) ? other : one);
  }

  /** Records until when the endpoint waits because of a failure of ours. */
  void pause(Instant until) {
    pausedUntil.set(until);
  }

  /** Whether the endpoint has answered that it is gone. */
  public boolean isGone() {
    return gone.get();
  }

  boolean hasSucceeded() {
    return succeeded.get();
  }

  boolean hasFailed() {
    return failed.get() && !succeeded.get();
  }

  /** Until when the endpoint wants to pause; null when it does not. */
  @Nullable Instant restUntil() {
    return restUntil.get();
  }

  /** Until when the endpoint waits because of a failure of ours; null when it does not. */
  @Nullable Instant pausedUntil() {
    return pausedUntil.get();
  }

  /** Until when the endpoint waits, for whatever reason; null when it does not. */
  @Nullable Instant waitsUntil() {
    var rest = restUntil.get();
    var pause = pausedUntil.get();
    return rest == null || (pause != null && pause.isAfter(rest)) ? pause : rest;
  }
}
