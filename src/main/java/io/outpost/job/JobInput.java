package io.outpost.job;

import io.outpost.kernel.Ids;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A file that a customer gives a job.
 *
 * @param inputId under which it was uploaded
 * @param path where the agent finds it, below its working directory
 * @param sizeBytes null until the upload was found
 * @param sha256 of its content, in hex; null until the upload was found
 */
public record JobInput(
    String inputId, String path, @Nullable Long sizeBytes, @Nullable String sha256) {

  /** Metadata of the object: {@link #sha256}, which its link was made for. */
  public static final String SHA256 = "sha256";

  /** How long an upload is kept; the bucket's lifecycle removes what is under the prefix then. */
  public static final Duration KEPT = Duration.ofDays(30);

  /** What all uploads begin with, so that a rule of the bucket finds them and nothing else. */
  public static final String PREFIX = "inputs/";

  /** The sort key of an upload in the table tenants, where they are counted. */
  public static final String SK = "input#";

  /** How many bytes it has, 0 until the upload was found. */
  public long bytes() {
    return sizeBytes == null ? 0 : sizeBytes;
  }

  /** What the uploads of a tenant begin with, in the output bucket. */
  public static String prefix(String tenantId) {
    return PREFIX + tenantId + "/";
  }

  /** The object in the output bucket. */
  public static String key(String tenantId, String inputId) {
    return prefix(tenantId) + inputId;
  }

  /** When an upload is gone; its id says when it was opened. */
  public static Instant keptUntil(String inputId) {
    return Ids.timeOf(inputId).plus(KEPT);
  }
}
