package io.outpost.workspaces;

import io.outpost.job.WorkspaceLeases;
import io.outpost.tenant.Tenant;
import java.time.Instant;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A directory of a tenant that its jobs find again. Its item also says which archive holds the
 * files, and which run holds the workspace while one does.
 *
 * @param sizeBytes bytes of its files, not compressed
 * @param jobId the job that saved it last
 */
public record Workspace(String name, long sizeBytes, Instant updatedAt, String jobId) {

  /** What the sort keys of workspaces begin with. */
  public static final String SK = WorkspaceLeases.SK;

  /** The primary key of a workspace's item. */
  public static Map<String, AttributeValue> key(String tenantId, String name) {
    return Tenant.key(tenantId, SK + name);
  }

  /** What the keys of a workspace's archives begin with in the output bucket. */
  public static String prefix(String tenantId, String name) {
    return WorkspaceLeases.files(tenantId, name);
  }
}
