package io.outpost.job;

/**
 * What travels through the job queues: which job, never its command or a secret.
 *
 * @param traceParent W3C trace context of the submission; null when there was none
 * @param holds how often the message was sent again because the tenant had no free slot
 */
public record JobMessage(
    String tenantId, String jobId, String priority, String traceParent, int holds) {}
