package io.outpost.jobs;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The settings of accepting jobs.
 *
 * @param resendAfter the time after which the sweeper sends a job again that no worker has claimed
 * @param inlineOutput the maximum size of output that is answered directly; for more, the answer is
 *     a redirect
 * @param linkFor how long such a redirect works
 * @param streamFor how long an event stream lasts before its client must reconnect
 * @param watchersPerTenant the maximum of waiting requests of a tenant in one container
 * @param inputsOfRequest the maximum of different inputs that a batch may name
 */
@ConfigurationProperties("outpost.jobs")
record JobSettings(
    Duration resendAfter,
    org.springframework.util.unit.DataSize inlineOutput,
    Duration linkFor,
    Duration streamFor,
    int watchersPerTenant,
    int inputsOfRequest) {}
