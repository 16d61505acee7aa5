package io.outpost.worker.files;

import io.outpost.job.Artifact;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The files of an artifacts folder in the order of their paths, and what is said of them.
 *
 * @param files where each is, in the manifest's order
 */
public record ArtifactTree(List<Path> files, Artifact.Manifest manifest) {

  /** The first files of a folder; none when it is no folder. */
  public static ArtifactTree of(Path folder, int most) throws IOException {
    List<Path> all = new ArrayList<>();
    OwnFiles.walk(
        folder,
        (path, attributes) -> {
          if (attributes.isRegularFile()) {
            all.add(path);
          }
        });
    List<Path> kept = all.stream().sorted().limit(most).toList();
    List<Artifact> artifacts = new ArrayList<>();
    for (Path file : kept) {
      artifacts.add(
          new Artifact(folder.relativize(file).toString(), Files.size(file), sha256(file)));
    }
    return new ArtifactTree(kept, new Artifact.Manifest(artifacts, all.size() - kept.size()));
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      return DigestUtils.sha256Hex(in);
    }
  }
}
