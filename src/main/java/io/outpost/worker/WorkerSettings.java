package io.outpost.worker;

import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The settings of a worker.
 *
 * @param slots how many jobs run at once
 * @param lease the length of a job's lease; heartbeats renew it
 * @param directory the folder with the directories of running jobs
 * @param grace how long running jobs may continue after SIGTERM
 * @param attempts how often an agent is started before its job becomes a dead letter
 * @param retryAfter how long a job waits after its first failed attempt; after the second it waits
 *     four times as long
 * @param outputEvery the shortest interval at which output is stored
 * @param outputAtLeastEvery the longest interval while the agent prints and no client follows,
 *     unless storing itself takes long
 * @param watchedOutputEvery the interval while a client follows
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
