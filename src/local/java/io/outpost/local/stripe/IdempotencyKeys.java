package io.outpost.local.stripe;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Stripe's idempotency. The first answer to a key, even an error of the effect, is repeated for 24
 * hours. Calls with other parameters, or at the same time, are refused. Safe for use by many
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

  /** Stores an answer, except a conflict with another call, which the caller should try again. */
  private synchronized void end(String key, String fingerprint, Answer answer) {
    if (answer == null || answer.status() == 409 || answer.status() == 429) {
      entries.remove(key);
    } else {
      entries.put(key, new Entry(fingerprint, clock.instant(), answer));
    }
  }
}
