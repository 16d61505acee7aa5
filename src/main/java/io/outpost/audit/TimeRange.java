package io.outpost.audit;

import io.outpost.kernel.Problem;
import io.outpost.kernel.Times;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** A range of time, in milliseconds: {@code from} is inclusive, {@code to} exclusive. */
record TimeRange(Instant from, Instant to) {

  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");

  /**
   * The range that a client asks for, in RFC 3339 times.
   *
   * @param from null: from the oldest entry
   * @param to null: to the newest entry
   * @throws Problem 400 when the times are no valid range
   */
  static TimeRange of(@Nullable String from, @Nullable String to) {
    var range =
        new TimeRange(
            from == null ? Instant.EPOCH : time("from", from), to == null ? LAST : time("to", to));
    if (!range.from.isBefore(range.to)) {
      throw Problem.invalid("to", "must be after from");
    }
    return range;
  }

  /** Whether an instant is within the range. */
  boolean contains(Instant instant) {
    return !instant.isBefore(from) && instant.isBefore(to);
  }

  private static Instant time(String field, String text) {
    var time = Times.parse(text).map(t -> t.truncatedTo(ChronoUnit.MILLIS));
    if (time.isPresent()) {
      return time.get();
    }
    throw Problem.invalid(field, "must be an RFC 3339 time such as 2026-11-21T22:38:00.000Z");
  }
}
