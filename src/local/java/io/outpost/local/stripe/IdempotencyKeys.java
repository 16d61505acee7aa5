package io.outpost.local.stripe;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Stripe's idempotency: the first answer to a key is the answer for 24 hours, errors of the effect
 * too; other parameters or a second call at the same time are refused. Safe for use by many
 * threads.
 */
final class IdempotencyKeys {
  private static final Duration KEPT = Duration.ofHours(24);

  private record Entry(String fingerprint, Instant since, Answer answer) {}

  private final Map<String, Entry> entries = new HashMap<>();
  private final Clock clock;

  IdempotencyKeys(Clock clock) {
    this.clock = clock;
  }

  Answer once(String key, Call call, Supplier<Answer> effect) {
    String fingerprint = call.method() + call.path() + call.params();
    Answer known = begin(key, fingerprint);
    if (known != null) {
      return known.replayed();
    }
    Answer answer = null;
    try {
      answer = effect.get();
      return answer;
    } finally {
      end(key, fingerprint, answer);
    }
  }

  private synchronized Answer begin(String key, String fingerprint) {
    Entry entry = entries.get(key);
    if (entry == null || entry.since().plus(KEPT).isBefore(clock.instant())) {
      entries.put(key, new Entry(fingerprint, clock.instant(), null));
      return null;
    }
    if (!entry.fingerprint().equals(fingerprint)) {
      throw StripeError.keyReused();
    }
    if (entry.answer() == null) {
      throw StripeError.keyInUse();
    }
    return entry.answer();
  }

  /** A conflict with another call is not kept: the caller is to try again. */
  private synchronized void end(String key, String fingerprint, Answer answer) {
    if (answer == null || answer.status() == 409 || answer.status() == 429) {
      entries.remove(key);
    } else {
      entries.put(key, new Entry(fingerprint, clock.instant(), answer));
    }
  }
}
