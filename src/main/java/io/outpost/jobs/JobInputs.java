package io.outpost.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.job.JobInput;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/**
 * Input files of jobs: the client first uploads a file by a link, then names it in a job.
 * Stateless.
 */
@Component("jobInputs")
public class JobInputs {

  private static final int NOT_FOUND = 404;

  /** In bytes: what file systems of Linux allow (NAME_MAX). */
  private static final int LONGEST_NAME = 255;

  /** The property with the inputs that a batch names. */
  private static final String FOUND = "foundInputs";

  private final S3Client s3;
  private final S3Presigner presigner;
  private final Names names;
  private final JobSettings settings;
  private final ObjectMapper mapper;
  private final Clock clock = Clock.systemUTC();

  JobInputs(
      S3Client s3, S3Presigner presigner, Names names, JobSettings settings, ObjectMapper mapper) {
    this.s3 = s3;
    this.presigner = presigner;
    this.names = names;
    this.settings = settings;
    this.mapper = mapper;
  }

  /**
   * A file that a client may upload.
   *
   * @param keptUntil when the file expires
   */
  public record Upload(String inputId, Instant keptUntil) {}

  /**
   * A link for one upload.
   *
   * @param headers that the client must send with the file
   * @param expiresAt when the link stops working
   * @param keptUntil when the file expires
   */
  public record Link(
      String inputId,
      String url,
      Map<String, String> headers,
      Instant expiresAt,
      Instant keptUntil) {}

  /** Creates an upload, which counts against the tenant's limit until it expires. */
  public Upload create(@ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    var id = Ids.ulid();
    var keptUntil = JobInput.keptUntil(id);
    Map<String, AttributeValue> item =
        new HashMap<>(Tenant.key(call.principal().tenantId(), JobInput.SK + id));
    item.put("expires_at", Items.number(keptUntil.getEpochSecond()));
    Change.of(exchange).put(Put.builder().tableName(names.table("tenants")).item(item));
    return new Upload(id, keptUntil);
  }

  /**
   * A link that accepts only a file of the size in the request; the client must send the hash along
   * as metadata.
   */
  public Link link(@Body String upload, @ExchangeProperty(Call.NAME) Call call) throws IOException {
    var body = mapper.readTree(call.body());
    var id = mapper.readTree(upload).get("input_id").asText();
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
        clock.instant().plus(settings.linkFor()).truncatedTo(ChronoUnit.MILLIS),
        JobInput.keptUntil(id));
  }

  /**
   * Prepares to look up each input of a batch once, however many jobs name it.
   *
   * @throws Problem 400 when the batch names too many different inputs
   */
  public void bound(@Body JsonNode body, Exchange exchange) {
    var different = new HashSet<String>();
    var jobs = body.get("jobs");
    for (int i = 0; i < jobs.size(); i++) {
      var inputs = jobs.get(i).path("inputs");
      for (int j = 0; j < inputs.size(); j++) {
        different.add(inputs.path(j).path("input_id").asText());
        if (different.size() > settings.inputsOfRequest()) {
          throw Problem.invalid(
              "jobs[%d].inputs[%d].input_id".formatted(i, j),
              "a request may name at most %d different inputs"
                  .formatted(settings.inputsOfRequest()));
        }
      }
    }
    different.removeIf(id -> !Ids.isUlid(id));
    exchange.setProperty(FOUND, new SoughtInputs(different));
  }

  /**
   * Adds the uploaded files to the job.
   *
   * @throws Problem 400 for an input that was not uploaded, has expired or has an invalid path
   */
  public Job find(
      @ExchangeProperty("job") Job job, @ExchangeProperty(FOUND) @Nullable SoughtInputs ofBatch) {
    var named = check(job);
    var sought = ofBatch == null ? new SoughtInputs(named) : ofBatch;
    var found = new ArrayList<JobInput>();
    for (var input : job.inputs()) {
      var place = "inputs[" + found.size() + "].input_id";
      var file =
          sought
              .get(input.inputId(), id -> look(job.tenantId(), id))
              .orElseThrow(() -> Problem.invalid(place, "nothing was uploaded under this id"));
      found.add(new JobInput(input.inputId(), input.path(), file.sizeBytes(), file.sha256()));
    }
    return job.withInputs(found);
  }

  /** Checks a job's inputs; returns the ids of their uploads. */
  private Set<String> check(Job job) {
    var named = new HashSet<String>();
    var paths = new HashSet<String>();
    for (int i = 0; i < job.inputs().size(); i++) {
      var input = job.inputs().get(i);
      var place = "inputs[" + i + "]";
      checkPath(place + ".path", input.path());
      if (!paths.add(input.path())) {
        throw Problem.invalid(place + ".path", "is also the path of another input");
      }
      checkKept(place + ".input_id", input.inputId(), job.startAfter());
      named.add(input.inputId());
    }
    checkFolders(job.inputs(), paths);
    return named;
  }

  /** A path cannot be a file and a folder. */
  private static void checkFolders(List<JobInput> inputs, Set<String> paths) {
    for (int i = 0; i < inputs.size(); i++) {
      var path = inputs.get(i).path();
      for (int end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
        var folder = path.substring(0, end);
        if (paths.contains(folder)) {
          throw Problem.invalid(
              "inputs[" + i + "].path",
              "is below \"%s\", which is the path of another input".formatted(folder));
        }
      }
    }
  }

  /** Checks that an upload has not expired. The bucket may remove expired files late. */
  private void checkKept(String field, String inputId, @Nullable Instant startAfter) {
    var until = JobInput.keptUntil(inputId);
    if (!until.isAfter(clock.instant())) {
      throw Problem.invalid(
          field, "has expired, because files are kept for 30 days; upload it again");
    }
    if (startAfter != null && !until.isAfter(startAfter)) {
      throw Problem.invalid(
          field, "expires at %s, before the job starts".formatted(Json.time(until)));
    }
  }

  private static void checkPath(String field, String path) {
    for (var part : List.of(path.split("/", -1))) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw Problem.invalid(
            field, "must be a path below the working directory, without . and ..");
      }
      if (part.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
        throw Problem.invalid(
            field, "has a name of more than %d bytes in UTF-8".formatted(LONGEST_NAME));
      }
    }
    if (Stream.of(path.split("/")).anyMatch(".git"::equalsIgnoreCase)
        || path.split("/")[0].equals(".outpost")) {
      throw Problem.invalid(field, "must not be in .git or .outpost");
    }
  }

  /** Looks an upload up; empty when there is none. */
  private Optional<JobInput> look(String tenantId, String inputId) {
    try {
      var object =
          s3.headObject(h -> h.bucket(names.bucket("output")).key(JobInput.key(tenantId, inputId)));
      return Optional.of(
          new JobInput(
              inputId, "", object.contentLength(), object.metadata().get(JobInput.SHA256)));
    } catch (S3Exception e) {
      if (e.statusCode() == NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
