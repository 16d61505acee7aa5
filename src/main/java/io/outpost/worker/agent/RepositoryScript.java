package io.outpost.worker.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** A script that works on a job's repository. */
public enum RepositoryScript {
  /** Clones the repository into the empty working directory. */
  CLONE("credentials.sh", "clone.sh"),
  /** Writes the changes to the artifacts. */
  CHANGES("changes.sh"),
  /** Commits the changes. */
  COMMIT("credentials.sh", "commit.sh"),
  /** Creates the same commit again, and pushes it. */
  PUSH("credentials.sh", "commit.sh", "push.sh"),
  /** Checks whether an earlier push arrived. */
  PUSHED("credentials.sh", "pushed.sh");

  private final List<String> files;

  RepositoryScript(String... files) {
    this.files = List.of(files);
  }

  /**
   * The result of a script.
   *
   * @param lines its output
   * @param said its messages, without control characters
   * @param stopped the reason when it was stopped
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
