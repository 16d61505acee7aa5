package io.outpost.kernel;

import com.github.f4b6a3.ulid.Ulid;
import com.github.f4b6a3.ulid.UlidCreator;
import java.time.Instant;
import java.util.UUID;

/** New identifiers. Thread-safe. */
public final class Ids {

  /**
   * The tenant of the operators: it owns the bootstrap key and the audit of calls that no tenant
   * made.
   */
  public static final String OPERATORS = "00000000-0000-0000-0000-000000000000";

  private Ids() {}

  /** A ULID that sorts after every one made before it in this process. */
  public static String ulid() {
    return UlidCreator.getMonotonicUlid().toString();
  }

  /** The smallest ULID of an instant: a lower bound for range reads. */
  public static String firstUlidAt(Instant instant) {
    return Ulid.min(instant.toEpochMilli()).toString();
  }

  /** A random UUID, lower case. */
  public static String uuid() {
    return UUID.randomUUID().toString();
  }
}
