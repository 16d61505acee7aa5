package io.outpost.job;

import io.outpost.kernel.Ids;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An uploaded file of a job.
 *
 * @param inputId the id of its upload
 * @param path of the file below the working directory
 * @param sizeBytes null before the upload has been looked up
 * @param sha256 of the content, in hex; null before the upload has been looked up
 */
public record JobInput(
    String inputId, String path, @Nullable Long sizeBytes, @Nullable String sha256) {

  /** The name of the object's metadata with the {@link #sha256} for which the link was made. */
  public static final String SHA256 = "sha256";

  /** How long an upload is kept. Then the bucket's lifecycle rule for the prefix removes it. */
  public static final Duration KEPT = Duration.ofDays(30);

  /** The prefix of all uploads, for a lifecycle rule of the bucket. */
  public static final String PREFIX = "inputs/";

  /** The prefix of an upload's sort key in the table tenants, where uploads are counted. */
  public static final String SK = "input#";

  /** The file's size in bytes; 0 before the upload has been looked up. */
  public long bytes() {
    return sizeBytes == null ? 0 : sizeBytes;
  }

  /** The prefix of a tenant's uploads in the output bucket. */
  public static String prefix(String tenantId) {
    return PREFIX + tenantId + "/";
  }

  /** The object in the output bucket. */
  public static String key(String tenantId, String inputId) {
    return prefix(tenantId) + inputId;
  }

  /** When an upload expires. Its id contains the time of its creation. */
  public static Instant keptUntil(String inputId) {
    return Ids.timeOf(inputId).plus(KEPT);
  }
}
