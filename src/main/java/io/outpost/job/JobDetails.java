package io.outpost.job;

import io.outpost.tenant.Tier;
import org.jspecify.annotations.Nullable;

/**
 * What we keep of a job beside what clients see, the same from its submission to its end.
 *
 * @param billingPeriod start of the period that the job is counted in
 * @param traceParent trace context of the submission, of a span of ours; null: it has none
 * @param requestId the submission's; for the audit
 * @param keyId the API key that submitted it; null where that was not written down
 * @param counted how the job counts in its period: {@link #ONE}, {@link #SPREAD} or {@link #NONE};
 *     null in jobs of before that was written down
 * @param callerTrace the W3C trace context that its caller sent, where no span of ours continues
 *     it; null: none
 */
public record JobDetails(
    Tier tier,
    String billingPeriod,
    @Nullable String traceParent,
    String requestId,
    @Nullable String keyId,
    @Nullable String counted,
    @Nullable String callerTrace) {

  /** Counted in the one item of its period, for a limit is kept to. */
  public static final String ONE = "one";

  /** Counted in one of several items of its period, for there is no limit. */
  public static final String SPREAD = "spread";

  /** A test job. */
  public static final String NONE = "none";

  /** The same with another tier. */
  JobDetails withTier(Tier other) {
    return new JobDetails(
        other, billingPeriod, traceParent, requestId, keyId, counted, callerTrace);
  }

  /** Whether it is counted at all. */
  public boolean counts() {
    return counted == null ? tier.quota().isPresent() : !counted.equals(NONE);
  }

  /** Whether it is counted in one of several items. */
  public boolean spreads() {
    return SPREAD.equals(counted);
  }
}
