package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobOutput;
import io.outpost.kernel.Problem;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** Reads the output of jobs. Stateless. */
@Component("output")
public class Output {

  private final S3Client s3;
  private final S3Presigner presigner;
  private final Names names;
  private final JobSettings settings;

  Output(S3Client s3, S3Presigner presigner, Names names, JobSettings settings) {
    this.s3 = s3;
    this.presigner = presigner;
    this.names = names;
    this.settings = settings;
  }

  /**
   * The size of a job's output in bytes.
   *
   * @throws Problem 404 before there is any
   */
  public long size(@ExchangeProperty("job") Job job) {
    try {
      return s3.headObject(h -> h.bucket(names.bucket("output")).key(JobOutput.key(job)))
          .contentLength();
    } catch (NoSuchKeyException e) {
      throw new Problem(Problem.Code.NO_OUTPUT_YET, "The job has no output yet.");
    }
  }

  /** Whether the output is too large to be answered directly. */
  public boolean isLarge(@ExchangeProperty("outputSize") long size) {
    return size >= settings.inlineOutput().toBytes();
  }

  /** The output itself. */
  public byte[] read(@ExchangeProperty("job") Job job) {
    return s3.getObjectAsBytes(g -> g.bucket(names.bucket("output")).key(JobOutput.key(job)))
        .asByteArrayUnsafe();
  }

  /** A link to the output that works without an API key for a limited time. */
  public String link(@ExchangeProperty("job") Job job) {
    return presigner
        .presignGetObject(
            p ->
                p.signatureDuration(settings.linkFor())
                    .getObjectRequest(
                        g -> g.bucket(names.bucket("output")).key(JobOutput.key(job))))
        .url()
        .toString();
  }
}
