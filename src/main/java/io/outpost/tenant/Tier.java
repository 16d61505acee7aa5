package io.outpost.tenant;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/** The tier of a tenant, with the jobs that it allows in a billing period and at once. */
public enum Tier {
  FREE(OptionalInt.of(10), 1),
  PRO(OptionalInt.of(100), 5),
  ENTERPRISE(OptionalInt.empty(), 50);

  private final OptionalInt quota;
  private final int slots;

  Tier(OptionalInt quota, int slots) {
    this.quota = quota;
    this.slots = slots;
  }

  /** Jobs in a billing period; empty: unlimited. */
  public OptionalInt quota() {
    return quota;
  }

  /** Jobs that may run at the same time. */
  public int slots() {
    return slots;
  }

  /**
   * The value that a setting has for this tier.
   *
   * @throws IllegalStateException when it has none
   */
  public <T> T in(Map<Tier, T> setting) {
    var value = setting.get(this);
    if (value == null) {
      throw new IllegalStateException("A setting has no value for the tier " + word());
    }
    return value;
  }

  @JsonValue
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The tier with this name in the contract. */
  @JsonCreator
  public static Tier of(String word) {
    for (Tier tier : values()) {
      if (tier.word().equals(word)) {
        return tier;
      }
    }
    throw new IllegalArgumentException("tier has an unknown value");
  }
}
