package io.outpost.jobs;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The settings of accepting jobs.
 *
 * @param resendAfter after how long the sweeper sends a job that no worker has claimed
 * @param inlineOutput bytes of output that are answered directly; more is a redirect
 * @param linkFor how long such a redirect works
 * @param streamFor how long an event stream lasts before its client must reconnect
 * @param watchersPerTenant waiting requests of a tenant in one container
 * @param inputsOfRequest different inputs that a batch may name
 */
@ConfigurationProperties("outpost.jobs")
record JobSettings(
    Duration resendAfter,
    org.springframework.util.unit.DataSize inlineOutput,
    Duration linkFor,
    Duration streamFor,
    int watchersPerTenant,
    int inputsOfRequest) {}
