package io.outpost.kernel;

import com.github.f4b6a3.ulid.Ulid;
import com.github.f4b6a3.ulid.UlidCreator;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.UUID;

/** New identifiers. Thread-safe. */
public final class Ids {

  /**
   * The operators' tenant. It owns the bootstrap key, and the audit entries of calls without a
   * tenant.
   */
  public static final String OPERATORS = "00000000-0000-0000-0000-000000000000";

  private static final SecureRandom RANDOM = new SecureRandom();

  private Ids() {}

  /** A ULID that sorts after every ULID made before it in this process. */
  public static String ulid() {
    return UlidCreator.getMonotonicUlid().toString();
  }

  /** The smallest ULID of an instant, for example as the lower bound of a query. */
  public static String firstUlidAt(Instant instant) {
    return Ulid.min(instant.toEpochMilli()).toString();
  }

  /** Whether a text has the form of a ULID. */
  public static boolean isUlid(String text) {
    return Ulid.isValid(text);
  }

  /** The creation time in a ULID. */
  public static Instant timeOf(String ulid) {
    return Ulid.from(ulid).getInstant();
  }

  /** A random name of 32 hexadecimal digits, which nobody can guess. */
  public static String unguessable() {
    var bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** A random UUID in lower case. */
  public static String uuid() {
    return UUID.randomUUID().toString();
  }
}
