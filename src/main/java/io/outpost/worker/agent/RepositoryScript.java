package io.outpost.worker.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** What is done with a job's repository: the scripts of {@code repository/}. */
public enum RepositoryScript {
  /** Clones it into the empty working directory. */
  CLONE("credentials.sh", "clone.sh"),
  /** Leaves what was changed among the artifacts. */
  CHANGES("changes.sh"),
  /** Makes the commit of what was changed. */
  COMMIT("credentials.sh", "commit.sh"),
  /** Makes the same commit, and pushes it. */
  PUSH("credentials.sh", "commit.sh", "push.sh"),
  /** Looks whether an earlier push arrived. */
  PUSHED("credentials.sh", "pushed.sh");

  private final List<String> files;

  RepositoryScript(String... files) {
    this.files = List.of(files);
  }

  /**
   * How one ended.
   *
   * @param lines what it wrote
   * @param said what it said beside that, without control characters
   * @param stopped why it was stopped, when it was
   */
  public record Ended(
      int exitCode, List<String> lines, String said, Optional<StopReason> stopped) {}

  String text() {
    var text = new StringBuilder();
    for (String file : files) {
      try (InputStream in = RepositoryScript.class.getResourceAsStream("/repository/" + file)) {
        text.append(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return text.toString();
  }
}
