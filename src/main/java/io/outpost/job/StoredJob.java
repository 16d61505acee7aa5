package io.outpost.job;

/**
 * A job as the table has it.
 *
 * @param lease the last one given for it while it runs, over or not; else null
 */
public record StoredJob(Job job, JobDetails details, JobLease lease) {}
