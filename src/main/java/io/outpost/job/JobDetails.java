package io.outpost.job;

import io.outpost.tenant.Tier;

/**
 * What we keep of a job beside what clients see, the same from its submission to its end.
 *
 * @param billingPeriod start of the period that the job is counted in
 * @param traceParent trace context of the submission; may be null
 * @param requestId the submission's; for the audit
 */
public record JobDetails(Tier tier, String billingPeriod, String traceParent, String requestId) {}
