package io.outpost.worker;

import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * How a worker runs jobs.
 *
 * @param slots jobs at once
 * @param lease how long a job is a worker's without a sign of life
 * @param directory where running jobs have their directories
 * @param grace how long running jobs may go on after SIGTERM
 * @param attempts starts of an agent before a job is a dead letter
 * @param retryAfter how long a job waits after its first failed attempt; four times as long after
 *     the next
 * @param outputEvery how often at most the output of a running job is stored
 * @param outputAtLeastEvery how often it is stored at least while the agent prints and nobody
 *     watches, unless storing itself takes long
 * @param watchedOutputEvery how often it is stored while somebody watches
 */
@ConfigurationProperties("outpost.worker")
record WorkerSettings(
    int slots,
    Duration lease,
    Path directory,
    Duration grace,
    int attempts,
    Duration retryAfter,
    Duration outputEvery,
    Duration outputAtLeastEvery,
    Duration watchedOutputEvery) {}
