package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.agents.SearchPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run gets a prepared pipe, or a new one if none is ready. */
class PipesTest {

  private static final int KIND = 0170000;
  private static final int PIPE = 0010000;

  @TempDir Path folder;

  @Test
  void aRunGetsAPipeThatIsReady() throws IOException {
    var pipes = Pipes.in(folder.resolve("pipes"), Isolation.TOOLS);
    pipes.prepare();
    var ready = ready();
    pipes.prepare();
    assertThat(ready()).as("pipes are created when few are left").isEqualTo(ready);
    pipes.take(folder.resolve("first"));
    assertThat(ready()).hasSize(ready.size() - 1);
    assertPipe(folder.resolve("first"));
  }

  @Test
  void anyNumberOfRunsGetsPipes() throws IOException {
    var pipes = Pipes.in(folder.resolve("pipes"), Isolation.TOOLS);
    for (int i = 0; i < 100; i++) {
      pipes.prepare();
      assertThat(ready()).as("pipes before run %s", i).isNotEmpty();
      pipes.take(folder.resolve("of-run-" + i));
    }
    assertPipe(folder.resolve("of-run-99"));
  }

  @Test
  void aRunThatFindsNoneReadyMakesOne() throws IOException {
    var pipes = Pipes.in(folder.resolve("pipes"), Isolation.TOOLS);
    pipes.take(folder.resolve("other"));
    assertPipe(folder.resolve("other"));
  }

  @Test
  void aRunWhosePipeWasRemovedMakesOne() throws IOException {
    var pipes = Pipes.in(folder.resolve("pipes"), Isolation.TOOLS);
    pipes.prepare();
    for (var pipe : ready()) {
      Files.delete(pipe);
    }
    pipes.take(folder.resolve("other"));
    assertPipe(folder.resolve("other"));
  }

  /** The run then fails with a clear message, and its slot stays usable. */
  @Test
  void aMissingToolIsNamed() throws IOException {
    var pipes = Pipes.in(folder.resolve("pipes"), new SearchPath(folder.toString()));
    pipes.prepare();
    assertThatThrownBy(() -> pipes.take(folder.resolve("other")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("mkfifo (package coreutils) is not installed");
  }

  @Test
  void whatAnEarlierWorkerLeftIsNoRunsPipe() throws IOException {
    Pipes.in(folder.resolve("pipes"), Isolation.TOOLS).prepare();
    var pipes = Pipes.in(folder.resolve("pipes"), Isolation.TOOLS);
    assertThat(folder.resolve("pipes")).isEmptyDirectory();
    pipes.prepare();
    pipes.take(folder.resolve("new"));
    assertPipe(folder.resolve("new"));
  }

  private Set<Path> ready() throws IOException {
    try (var files = Files.list(folder.resolve("pipes"))) {
      return files.collect(Collectors.toSet());
    }
  }

  private static void assertPipe(Path path) throws IOException {
    var mode = (int) Files.getAttribute(path, "unix:mode");
    assertThat(mode & KIND).isEqualTo(PIPE);
    assertThat(mode & 0777).isEqualTo(0600);
  }
}
