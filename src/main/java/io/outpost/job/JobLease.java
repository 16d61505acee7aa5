package io.outpost.job;

import java.time.Instant;

/**
 * The right to run a job, its tenant's slot and its workspace with it, until a time.
 *
 * @param id the fencing token: only who holds it can finish the job
 */
public record JobLease(String id, Instant until) {}
