package io.outpost.jobs;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * How jobs are accepted.
 *
 * @param resendAfter how long after its submission a job that nobody took is looked at by the
 *     sweeper
 * @param inlineOutput bytes of output that are answered directly; more is a redirect
 * @param linkFor how long such a redirect works
 * @param streamFor how long a stream of events lasts before its client must ask again
 * @param watchersPerTenant requests of a tenant that one container lets wait at once
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
