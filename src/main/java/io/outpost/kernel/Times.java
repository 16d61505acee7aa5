package io.outpost.kernel;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.regex.Pattern;

/** RFC 3339 times as clients send them: any offset, from 1970 to the end of 9999. */
public final class Times {

  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");
  private static final int LONGEST = 35;
  private static final Pattern FORM =
      Pattern.compile(
          "[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?"
              + "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])");

  private Times() {}

  /** The instant of a text; empty when it is not a time in these years. */
  public static Optional<Instant> parse(String text) {
    if (text.length() > LONGEST || !FORM.matcher(text).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant())
          .filter(time -> !time.isBefore(Instant.EPOCH) && !time.isAfter(LAST));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** What is wrong with a time, worded as a remedy; empty for a valid one. */
  public static Optional<String> fault(String text) {
    return parse(text).isPresent()
        ? Optional.empty()
        : Optional.of(
            "must be an RFC 3339 time between 1970 and 9999 such as 2026-11-21T22:38:00.000Z");
  }
}
