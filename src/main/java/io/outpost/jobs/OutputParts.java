package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobOutput;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Reads parts of outputs, from any byte on. Stateless. */
@Component
class OutputParts {

  /** The time in which the last output of a cancelled agent is stored. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(15);

  private static final int NO_SUCH_RANGE = 416;

  private final S3Client s3;
  private final Names names;

  OutputParts(S3Client s3, Names names) {
    this.s3 = s3;
    this.names = names;
  }

  /**
   * A part of an output.
   *
   * @param size of the whole stored output; the offset when nothing follows it
   * @param run that printed the output; null: an older release stored it
   * @param ended whether the agent had ended when the output was stored
   */
  record Part(byte[] bytes, long size, @Nullable String run, boolean ended) {

    /** Whether the job's latest run printed this output. */
    boolean isOf(Job job) {
      return run == null || run.equals(JobOutput.run(job));
    }
  }

  /**
   * Reads bytes of an attempt's output.
   *
   * @param most how many at most
   */
  Part read(Job job, int attempt, long from, long most) {
    try {
      var found =
          s3.getObjectAsBytes(
              g ->
                  g.bucket(names.bucket("output"))
                      .key(JobOutput.key(job, attempt))
                      .range("bytes=" + from + "-" + (from + most - 1)));
      var answer = found.response();
      var range = answer.contentRange();
      var size = range == null ? from : Long.parseLong(range.substring(range.indexOf('/') + 1));
      return new Part(
          found.asByteArrayUnsafe(),
          size,
          answer.metadata().get(JobOutput.RUN),
          Boolean.parseBoolean(answer.metadata().get(JobOutput.ENDED)));
    } catch (NoSuchKeyException e) {
      return new Part(new byte[0], from, null, false);
    } catch (S3Exception e) {
      if (e.statusCode() != NO_SUCH_RANGE) {
        throw e;
      }
      return end(job, attempt, from);
    }
  }

  /** The empty part at the end of the stored output. Its metadata says whether more may come. */
  private Part end(Job job, int attempt, long from) {
    var found =
        s3.headObject(h -> h.bucket(names.bucket("output")).key(JobOutput.key(job, attempt)));
    return new Part(
        new byte[0],
        Math.max(from, found.contentLength()),
        found.metadata().get(JobOutput.RUN),
        Boolean.parseBoolean(found.metadata().get(JobOutput.ENDED)));
  }

  /**
   * Whether the output ends at this offset. A cancelled agent has a few seconds for its last
   * output, which is stored after the job has ended.
   */
  static boolean isComplete(Job job, Part part, long end) {
    if (!job.status().isTerminal() || end < part.size()) {
      return false;
    }
    var ended = job.completedAt();
    return job.status() != Job.Status.cancelled
        || job.startedAt() == null
        || ended == null
        || (part.ended() && part.isOf(job))
        || ended.plus(LAST_WORDS).isBefore(Instant.now());
  }
}
