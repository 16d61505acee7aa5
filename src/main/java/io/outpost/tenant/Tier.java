package io.outpost.tenant;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/** The tier of a tenant: jobs per billing period, and jobs that run at once. */
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

  /** Jobs per billing period; empty is unlimited. */
  public OptionalInt quota() {
    return quota;
  }

  /** Jobs that may run at the same time. */
  public int slots() {
    return slots;
  }

  /**
   * The value of a setting for this tier.
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

  /** The tier with a name of the contract. */
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
