package io.outpost.job;

import io.outpost.audit.AuditEntry;
import io.outpost.kernel.Ids;
import java.time.Instant;
import java.util.Map;

/** The audit entries of what happens to jobs. */
public final class JobTransition {

  private JobTransition() {}

  /**
   * The entry of a job's change of status.
   *
   * @param requestId the request that caused it: the submission's, or a cancel's
   */
  public static AuditEntry entry(Job job, String requestId, Map<String, String> metadata) {
    return new AuditEntry(
        Ids.ulid(),
        job.tenantId(),
        Instant.now(),
        "job." + job.status(),
        "/jobs/" + job.jobId(),
        AuditEntry.Outcome.allowed,
        null,
        requestId,
        null,
        null,
        null,
        metadata);
  }
}
