package io.outpost.worker;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobInput;
import io.outpost.worker.agent.AgentRunSettings;
import io.outpost.worker.agent.JobFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.util.HexFormat;
import java.util.Optional;
import org.apache.camel.ExchangeProperty;
import org.apache.commons.codec.digest.DigestUtils;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/** Writes a job's input files into its working directory. Thread-safe. */
@Profile({"worker", "local"})
@Component("inputFiles")
public class InputFiles {

  private final S3Client s3;
  private final Names names;
  private final AgentRunSettings limits;

  InputFiles(S3Client s3, Names names, AgentRunSettings limits) {
    this.s3 = s3;
    this.names = names;
    this.limits = limits;
  }

  /** Writes each file to its path; the job fails when one cannot be written. */
  public void bring(@ExchangeProperty("run") Run run) throws IOException {
    if (run.job().inputs().stream().mapToLong(JobInput::bytes).sum() > limits.diskBytes()) {
      run.fail(
          new Job.Fault("input-failed", "The input files together are larger than a job's disk"));
      return;
    }
    for (var input : run.job().inputs()) {
      if (run.stopReason().isPresent()) {
        return;
      }
      var fault = bring(run, input);
      if (fault.isPresent()) {
        run.fail(new Job.Fault("input-failed", input.path() + fault.get()));
        return;
      }
    }
  }

  private Optional<String> bring(Run run, JobInput input) throws IOException {
    var digest = DigestUtils.getSha256Digest();
    var key = JobInput.key(run.job().tenantId(), input.inputId());
    try (var stored = s3.getObject(g -> g.bucket(names.bucket("output")).key(key))) {
      // The file may have been uploaded again since the job was accepted.
      if (!stored.response().contentLength().equals(input.sizeBytes())) {
        return Optional.of(" was replaced after the job was submitted");
      }
      if (!write(run.files(), input.path(), new DigestInputStream(stored, digest))) {
        return Optional.of(" could not be written: its path is blocked by a link or a folder");
      }
    } catch (NoSuchKeyException e) {
      return Optional.of(" has expired");
    }
    return HexFormat.of().formatHex(digest.digest()).equals(input.sha256())
        ? Optional.empty()
        : Optional.of(" does not have the SHA-256 for which its link was made");
  }

  private static boolean write(JobFiles files, String path, InputStream content)
      throws IOException {
    try (var porter = files.input()) {
      try (var in = porter.input()) {
        in.write(path.getBytes(StandardCharsets.UTF_8));
        in.write(0);
        content.transferTo(in);
      }
      var code = porter.exitCode();
      if (code != 0 && code != JobFiles.IN_THE_WAY) {
        throw new IOException("An input could not be written: " + porter.said().strip());
      }
      return code == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted", e);
    }
  }
}
