package io.outpost.job;

import org.jspecify.annotations.Nullable;

/**
 * What travels through the job queues: the permit to run one job of a priority, and which job it
 * was sent for; never a command or a secret.
 *
 * @param traceParent W3C trace context of the submission; null when there was none
 * @param holds how often its own job was put off: unless 0, the message is for that job alone
 */
public record JobMessage(
    String tenantId, String jobId, String priority, @Nullable String traceParent, int holds) {}
