package io.outpost.worker;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.job.Artifact;
import io.outpost.worker.agent.AgentRunSettings;
import io.outpost.worker.files.ArtifactStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.apache.camel.ExchangeProperty;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** Stores the files that an agent left as artifacts. Thread-safe. */
@Profile({"worker", "local"})
@Component("artifactFiles")
public class ArtifactFiles {

  /** The maximum number of a job's files. */
  private static final int MOST = 1000;

  private final S3Client s3;
  private final Names names;
  private final ObjectMapper mapper;
  private final AgentRunSettings limits;

  ArtifactFiles(S3Client s3, Names names, ObjectMapper mapper, AgentRunSettings limits) {
    this.s3 = s3;
    this.names = names;
    this.mapper = mapper;
    this.limits = limits;
  }

  /** Stores each file, then the manifest. Without files nothing is stored. */
  public void store(@ExchangeProperty("run") Run run) throws IOException {
    var handed =
        ArtifactStream.read(
            run.files(),
            MOST,
            limits.diskBytes(),
            (place, content) -> put(Artifact.contentKey(run.job(), place), content));
    var manifest = handed.manifest();
    tell(run, manifest.leftOut(), handed.notKept());
    if (!manifest.artifacts().isEmpty() || manifest.leftOut() > 0) {
      var bytes = mapper.writeValueAsBytes(manifest);
      s3.putObject(
          p ->
              p.bucket(names.bucket("output"))
                  .key(Artifact.manifestKey(run.job()))
                  .contentType("application/json"),
          RequestBody.fromBytes(bytes));
    }
  }

  private void tell(Run run, int leftOut, String notKept) {
    var told = new ArrayList<String>();
    if (leftOut > 0) {
      told.add(
          "%d files were not kept: unreadable ones, or more than %d files with %d bytes together."
              .formatted(leftOut, MOST, limits.diskBytes()));
    }
    if (!notKept.isEmpty()) {
      told.add("Not kept: " + notKept);
    }
    if (!told.isEmpty()) {
      run.warn("artifacts-incomplete", String.join(" ", told));
    }
  }

  private void put(String key, Path content) throws IOException {
    var type = "application/octet-stream";
    s3.putObject(
        p -> p.bucket(names.bucket("output")).key(key).contentType(type),
        RequestBody.fromContentProvider(() -> open(content), Files.size(content), type));
  }

  private static InputStream open(Path content) {
    try {
      return Files.newInputStream(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
