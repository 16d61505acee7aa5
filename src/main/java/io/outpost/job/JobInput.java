package io.outpost.job;

/**
 * A file that a customer gives a job.
 *
 * @param inputId under which it was uploaded
 * @param path where the agent finds it, below its working directory
 * @param sizeBytes null until the upload was found
 * @param sha256 of its content, in hex; null until the upload was found
 */
public record JobInput(String inputId, String path, Long sizeBytes, String sha256) {

  /** Metadata of the object: {@link #sha256}, which its link was made for. */
  public static final String SHA256 = "sha256";

  /** The object in the output bucket: under the tenant's own prefix. */
  public static String key(String tenantId, String inputId) {
    return JobOutput.prefix(tenantId) + "inputs/" + inputId;
  }
}
