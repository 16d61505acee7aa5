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
 * @param sizeBytes null until the upload was found
 * @param sha256 of its content, in hex; null until the upload was found
 */
public record JobInput(
    String inputId, String path, @Nullable Long sizeBytes, @Nullable String sha256) {

  /** Metadata of the object: the {@link #sha256} for which its link was made. */
  public static final String SHA256 = "sha256";

  /** How long an upload is kept; then the bucket's lifecycle removes it, by its prefix. */
  public static final Duration KEPT = Duration.ofDays(30);

  /** The prefix of all uploads, for a lifecycle rule of the bucket. */
  public static final String PREFIX = "inputs/";

  /** The sort key of an upload in the table tenants, where they are counted. */
  public static final String SK = "input#";

  /** Its size in bytes, 0 until the upload was found. */
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

  /** When an upload expires; its id contains the time of creation. */
  public static Instant keptUntil(String inputId) {
    return Ids.timeOf(inputId).plus(KEPT);
  }
}
