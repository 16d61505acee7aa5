package io.outpost.workspaces;

import io.outpost.job.WorkspaceLeases;
import io.outpost.tenant.Tenant;
import java.time.Instant;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A directory of a tenant that is kept from job to job. Its item also names the archive of its
 * files and, if any, the run that uses it.
 *
 * @param sizeBytes the uncompressed size of its files
 * @param jobId the job that saved it last
 */
public record Workspace(String name, long sizeBytes, Instant updatedAt, String jobId) {

  /** The prefix of workspaces' sort keys. */
  public static final String SK = WorkspaceLeases.SK;

  /** The primary key of a workspace's item. */
  public static Map<String, AttributeValue> key(String tenantId, String name) {
    return Tenant.key(tenantId, SK + name);
  }

  /** The prefix of workspace archives in the output bucket. */
  public static String prefix(String tenantId, String name) {
    return WorkspaceLeases.files(tenantId, name);
  }
}
