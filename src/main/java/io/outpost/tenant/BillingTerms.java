package io.outpost.tenant;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The anchor of a tenant's billing periods, and the number of jobs that each period allows.
 *
 * @param anchor the start of the first billing period
 * @param monthlyJobLimit the tenant's own limit; null for none
 */
public record BillingTerms(Tier tier, Instant anchor, @Nullable Long monthlyJobLimit) {

  /**
   * A limit on the jobs of a period.
   *
   * @param own whether the limit is the tenant's own, not its tier's
   */
  public record Limit(long jobs, boolean own) {}

  /** The lower of the tier's quota and the tenant's own limit; empty when there is neither. */
  public Optional<Limit> limit() {
    if (monthlyJobLimit != null
        && (tier.quota().isEmpty() || monthlyJobLimit < tier.quota().getAsInt())) {
      return Optional.of(new Limit(monthlyJobLimit, true));
    }
    return tier.quota().isPresent()
        ? Optional.of(new Limit(tier.quota().getAsInt(), false))
        : Optional.empty();
  }

  /** The period that contains an instant. */
  public BillingPeriod period(Instant at) {
    return BillingPeriod.at(anchor, at);
  }
}
