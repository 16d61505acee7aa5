package io.outpost.job;

import io.outpost.tenant.Tier;
import org.jspecify.annotations.Nullable;

/**
 * Internal data of a job, constant from its submission to its end.
 *
 * @param billingPeriod start of the period that the job is counted in
 * @param traceParent trace context of the submission's span; null when it has none
 * @param requestId the submission's request, for the audit
 * @param keyId the API key that submitted the job; null in older jobs
 * @param counted how the job counts in its period: {@link #ONE}, {@link #SPREAD} or {@link #NONE};
 *     null in jobs that are older than this field
 * @param callerTrace the W3C trace context that the caller sent, if none of our spans continues it;
 *     null: none
 */
public record JobDetails(
    Tier tier,
    String billingPeriod,
    @Nullable String traceParent,
    String requestId,
    @Nullable String keyId,
    @Nullable String counted,
    @Nullable String callerTrace) {

  /** The job is counted in the one counter item of its period, because a limit applies. */
  public static final String ONE = "one";

  /** The job is counted in one of several counter items of its period, because no limit applies. */
  public static final String SPREAD = "spread";

  /** The job is not counted, because it is a test job. */
  public static final String NONE = "none";

  /** The same details with another tier. */
  JobDetails withTier(Tier other) {
    return new JobDetails(
        other, billingPeriod, traceParent, requestId, keyId, counted, callerTrace);
  }

  /** Whether the job is counted. */
  public boolean counts() {
    return counted == null ? tier.quota().isPresent() : !counted.equals(NONE);
  }

  /** Whether the job is counted in one of several items. */
  public boolean spreads() {
    return SPREAD.equals(counted);
  }
}
