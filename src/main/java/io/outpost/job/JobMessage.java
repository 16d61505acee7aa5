package io.outpost.job;

import org.jspecify.annotations.Nullable;

/**
 * A message of the job queues: a permit to run one job of a priority, and the job that it was sent
 * for. Never contains a command or a secret.
 *
 * @param traceParent W3C trace context of the submission; null when there was none
 * @param holds how many times the message's own job was delayed; if not 0, the message permits only
 *     that job
 */
public record JobMessage(
    String tenantId, String jobId, String priority, @Nullable String traceParent, int holds) {}
