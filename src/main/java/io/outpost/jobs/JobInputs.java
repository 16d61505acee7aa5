package io.outpost.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.job.JobInput;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** Files that customers give their jobs: put to a link first, then named by a job. Stateless. */
@Component("jobInputs")
public class JobInputs {

  private static final int NOT_FOUND = 404;
  private static final int LONGEST_NAME = 255;

  private final S3Client s3;
  private final S3Presigner presigner;
  private final Names names;
  private final JobSettings settings;

  JobInputs(S3Client s3, S3Presigner presigner, Names names, JobSettings settings) {
    this.s3 = s3;
    this.presigner = presigner;
    this.names = names;
    this.settings = settings;
  }

  /**
   * Where a file can be put, once.
   *
   * @param headers to be sent with it
   */
  public record Link(String inputId, String url, Map<String, String> headers, Instant expiresAt) {}

  /** A link for a file of just that size and hash. */
  public Link create(@Body JsonNode body, @ExchangeProperty(Call.NAME) Call call) {
    var id = Ids.ulid();
    var sha256 = body.get("sha256").asText();
    var signed =
        presigner.presignPutObject(
            p ->
                p.signatureDuration(settings.linkFor())
                    .putObjectRequest(
                        o ->
                            o.bucket(names.bucket("output"))
                                .key(JobInput.key(call.principal().tenantId(), id))
                                .contentLength(body.get("size_bytes").asLong())
                                .metadata(Map.of(JobInput.SHA256, sha256))));
    return new Link(
        id,
        signed.url().toString(),
        Map.of("x-amz-meta-" + JobInput.SHA256, sha256),
        Instant.now().plus(settings.linkFor()).truncatedTo(ChronoUnit.MILLIS));
  }

  /**
   * The job with what was uploaded for it.
   *
   * @throws Problem 400 for what was not uploaded, or cannot be where it is to be
   */
  public Job find(@Body Job job) {
    var found = new ArrayList<JobInput>();
    var paths = new HashSet<String>();
    for (var input : job.inputs()) {
      var place = "inputs[" + found.size() + "]";
      checkPath(place + ".path", input.path());
      if (!paths.add(input.path())) {
        throw Problem.invalid(place + ".path", "is another input's too");
      }
      var object = head(place, JobInput.key(job.tenantId(), input.inputId()));
      found.add(
          new JobInput(
              input.inputId(),
              input.path(),
              object.contentLength(),
              object.metadata().get(JobInput.SHA256)));
    }
    return job.withInputs(found);
  }

  private static void checkPath(String field, String path) {
    for (var part : List.of(path.split("/", -1))) {
      if (part.isEmpty() || part.equals(".") || part.equals("..") || part.length() > LONGEST_NAME) {
        throw Problem.invalid(
            field, "must be a path below the working directory, without . and ..");
      }
    }
    if (Stream.of(path.split("/")).anyMatch(".git"::equalsIgnoreCase)
        || path.split("/")[0].equals(".outpost")) {
      throw Problem.invalid(field, "must not be in .git or .outpost");
    }
  }

  private HeadObjectResponse head(String place, String key) {
    try {
      return s3.headObject(h -> h.bucket(names.bucket("output")).key(key));
    } catch (S3Exception e) {
      if (e.statusCode() == NOT_FOUND) {
        throw Problem.invalid(place + ".input_id", "nothing was uploaded under this id");
      }
      throw e;
    }
  }
}
