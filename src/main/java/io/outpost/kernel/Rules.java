package io.outpost.kernel;

import java.util.Collection;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The contract's rules for single values, which the constructors of records check; the contract's
 * schemas have the same rules. Errors name the field, never its value, which may be secret.
 */
public final class Rules {

  public static final Pattern ULID = Pattern.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}");
  public static final Pattern UUID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  /**
   * The form of stored names. Requests must meet a stricter one, but stored names may be older than
   * that.
   */
  public static final Pattern NAME = Pattern.compile("[^\\x00-\\x1f\\x7f]{1,100}");

  public static final Pattern EMAIL =
      Pattern.compile("^[^@\\s\\x00-\\x1f]{1,64}@[^@\\s\\x00-\\x1f]{1,252}");
  public static final Pattern AGENT = Pattern.compile("[a-z][a-z0-9-]{0,31}");
  public static final Pattern ACTION = Pattern.compile("[A-Za-z][A-Za-z0-9._-]{0,63}");

  private Rules() {}

  /** Requires that a value is present. */
  public static void present(String field, @Nullable Object value) {
    check(field, value != null, "is required");
  }

  /** Requires that the whole text matches a pattern. */
  public static void form(String field, @Nullable String value, Pattern form) {
    check(field, value != null && form.matcher(value).matches(), "does not have the required form");
  }

  /** Requires a text of at most {@code most} characters. */
  public static void text(String field, @Nullable String value, int most) {
    var length = value == null ? 0 : value.codePointCount(0, value.length());
    check(field, length >= 1 && length <= most, "must have 1 to " + most + " characters");
  }

  /** Requires one of these words. */
  public static void oneOf(String field, @Nullable String value, Collection<String> words) {
    check(field, value != null && words.contains(value), "is not one of the allowed values");
  }

  /** Requires a number from {@code least} to {@code most}, both included. */
  public static void between(String field, long value, long least, long most) {
    check(field, value >= least && value <= most, "must be " + least + " to " + most);
  }

  private static void check(String field, boolean holds, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(field + " " + rule);
    }
  }
}
