package io.outpost.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.job.Artifact;
import io.outpost.job.Job;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** Reads the artifacts of jobs. Stateless. */
@Component("artifacts")
public class Artifacts {

  private final S3Client s3;
  private final S3Presigner presigner;
  private final ObjectMapper mapper;
  private final Names names;
  private final JobSettings settings;

  Artifacts(
      S3Client s3, S3Presigner presigner, ObjectMapper mapper, Names names, JobSettings settings) {
    this.s3 = s3;
    this.presigner = presigner;
    this.mapper = mapper;
    this.names = names;
    this.settings = settings;
  }

  /**
   * An artifact with a link that works without an API key for a limited time.
   *
   * @param url downloads the artifact as a file, so that no browser renders a page that an agent
   *     wrote
   */
  public record View(String path, long sizeBytes, String sha256, String url) {}

  /**
   * All of a job's artifacts.
   *
   * @param leftOut how many files were not kept: unreadable ones, and those above a job's limits
   */
  public record Views(List<View> data, int leftOut) {}

  /**
   * The artifacts of the job's latest attempt, by path. There are none before the attempt has
   * ended.
   */
  public Views list(@ExchangeProperty("job") Job job) throws IOException {
    var manifest = manifest(job);
    var artifacts = manifest.artifacts();
    var views =
        IntStream.range(0, artifacts.size())
            .mapToObj(place -> view(job, place, artifacts.get(place)))
            .toList();
    return new Views(views, manifest.leftOut());
  }

  Artifact.Manifest manifest(Job job) throws IOException {
    try {
      var bytes =
          s3.getObjectAsBytes(g -> g.bucket(names.bucket("output")).key(Artifact.manifestKey(job)));
      return mapper.readValue(bytes.asByteArrayUnsafe(), Artifact.Manifest.class);
    } catch (NoSuchKeyException e) {
      return new Artifact.Manifest(List.of(), 0);
    }
  }

  private View view(Job job, int place, Artifact artifact) {
    var path = artifact.path();
    var name = URLEncoder.encode(path.substring(path.lastIndexOf('/') + 1), StandardCharsets.UTF_8);
    var url =
        presigner
            .presignGetObject(
                p ->
                    p.signatureDuration(settings.linkFor())
                        .getObjectRequest(
                            g ->
                                g.bucket(names.bucket("output"))
                                    .key(Artifact.contentKey(job, place))
                                    .responseContentDisposition(
                                        "attachment; filename*=UTF-8''"
                                            + name.replace("+", "%20"))))
            .url();
    return new View(path, artifact.sizeBytes(), artifact.sha256(), url.toString());
  }
}
