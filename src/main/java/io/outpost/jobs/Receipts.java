package io.outpost.jobs;

import io.outpost.http.Call;
import io.outpost.job.Artifact;
import io.outpost.job.Job;
import io.outpost.job.JobDetails;
import io.outpost.job.JobInput;
import io.outpost.job.JobMoment;
import io.outpost.job.Repository;
import io.outpost.job.RunEvidence;
import io.outpost.kernel.Problem;
import io.outpost.store.Items;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.commons.codec.digest.DigestUtils;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Creates the content of a receipt: a job's input, end and results. Stateless. */
@Component("receipts")
public class Receipts {

  private final JobReader reader;
  private final Artifacts artifacts;
  private final Items items;

  Receipts(JobReader reader, Artifacts artifacts, Items items) {
    this.reader = reader;
    this.artifacts = artifacts;
    this.items = items;
  }

  /**
   * The content of a receipt.
   *
   * @param iat the time of signing, in seconds since 1970
   * @param requestId of the submission
   * @param output of the attempt that ended the job; null: no agent ended it
   * @param auditEntries ids of the audit entries about the job since its submission
   */
  public record Statement(
      String iss,
      long iat,
      String jobId,
      String tenantId,
      String requestId,
      String mode,
      Input input,
      String agent,
      @Nullable String agentVersion,
      @Nullable String workerImage,
      int attempts,
      Job.Status status,
      @Nullable Integer exitCode,
      Job.@Nullable Fault error,
      Instant createdAt,
      @Nullable Instant startedAt,
      @Nullable Instant completedAt,
      Job.@Nullable Usage usage,
      @Nullable Output output,
      List<Artifact> artifacts,
      List<String> auditEntries) {}

  /**
   * The job's input.
   *
   * @param commandSha256 of the command as UTF-8, in hex
   */
  public record Input(
      String commandSha256,
      @Nullable String workspace,
      @Nullable String model,
      Integer timeoutSeconds,
      @Nullable Repository repository,
      List<JobInput> inputs) {}

  /** The output. */
  public record Output(String sha256, long sizeBytes) {}

  /**
   * The content of the receipt of a job of the caller's tenant.
   *
   * @throws Problem 409 before the job has ended
   */
  public Statement state(@Header("job_id") String jobId, @ExchangeProperty(Call.NAME) Call call)
      throws IOException {
    var item = reader.item(jobId, call);
    var job = items.read(item, Job.class);
    if (!job.status().isTerminal()) {
      throw new Problem(
          Problem.Code.CONFLICT, "The job has not ended: it is %s.".formatted(job.status()));
    }
    var evidence = evidence(item);
    return new Statement(
        "outpost",
        Instant.now().getEpochSecond(),
        job.jobId(),
        job.tenantId(),
        items.read(item, JobDetails.class).requestId(),
        job.mode(),
        new Input(
            DigestUtils.sha256Hex(job.command()),
            job.workspace(),
            job.model(),
            job.timeoutSeconds(),
            job.repository(),
            job.inputs()),
        job.agent(),
        evidence == null ? null : evidence.agentVersion(),
        evidence == null ? null : evidence.workerImage(),
        job.attempts(),
        job.status(),
        job.exitCode(),
        job.error(),
        job.createdAt(),
        job.startedAt(),
        job.completedAt(),
        job.usage(),
        evidence == null ? null : new Output(evidence.outputSha256(), evidence.outputBytes()),
        artifacts.manifest(job).artifacts(),
        auditEntries(item));
  }

  private @Nullable RunEvidence evidence(Map<String, AttributeValue> item) {
    var kept = item.get(RunEvidence.ATTRIBUTE);
    return kept == null ? null : items.read(kept.m(), RunEvidence.class);
  }

  private List<String> auditEntries(Map<String, AttributeValue> item) {
    var moments = item.get(JobMoment.ATTRIBUTE);
    return moments == null
        ? List.of()
        : moments.l().stream()
            .map(moment -> items.read(moment.m(), JobMoment.class).auditEntry())
            .filter(Objects::nonNull)
            .toList();
  }
}
