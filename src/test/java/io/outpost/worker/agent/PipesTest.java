package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.agents.SearchPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run gets the pipe that was made before it, and one in any case. */
class PipesTest {

  private static final int KIND = 0170000;
  private static final int PIPE = 0010000;

  @TempDir Path folder;

  @Test
  void aRunGetsThePipeThatIsReady() throws IOException {
    var pipes = Pipes.in(folder.resolve("pipes"), Isolation.TOOLS);
    pipes.prepare(3);
    pipes.prepare(3);
    var ready = folder.resolve("pipes/3");
    var same = Files.getAttribute(ready, "unix:ino");
    pipes.take(3, folder.resolve("first"));
    assertThat(Files.getAttribute(folder.resolve("first"), "unix:ino")).isEqualTo(same);
    assertThat(ready).doesNotExist();
    assertPipe(folder.resolve("first"));
  }

  @Test
  void aRunThatFindsNoneReadyMakesOne() throws IOException {
    var pipes = Pipes.in(folder.resolve("pipes"), Isolation.TOOLS);
    pipes.prepare(3);
    pipes.take(4, folder.resolve("other"));
    assertPipe(folder.resolve("other"));
  }

  @Test
  void aRunWhosePipeWasRemovedMakesOne() throws IOException {
    var pipes = Pipes.in(folder.resolve("pipes"), Isolation.TOOLS);
    pipes.prepare(3);
    Files.delete(folder.resolve("pipes/3"));
    pipes.take(3, folder.resolve("other"));
    assertPipe(folder.resolve("other"));
    pipes.prepare(3);
    assertPipe(folder.resolve("pipes/3"));
  }

  /** A run then fails with a sentence, and its slot goes on. */
  @Test
  void aMissingToolIsNamed() throws IOException {
    var pipes = Pipes.in(folder.resolve("pipes"), new SearchPath(folder.toString()));
    pipes.prepare(3);
    assertThatThrownBy(() -> pipes.take(3, folder.resolve("other")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("mkfifo (package coreutils) is not installed");
  }

  @Test
  void whatAnEarlierWorkerLeftIsNoRunsPipe() throws IOException {
    Pipes.in(folder.resolve("pipes"), Isolation.TOOLS).prepare(3);
    Files.move(folder.resolve("pipes/3"), folder.resolve("pipes/4"));
    var pipes = Pipes.in(folder.resolve("pipes"), Isolation.TOOLS);
    assertThat(folder.resolve("pipes")).isEmptyDirectory();
    pipes.take(4, folder.resolve("new"));
    assertPipe(folder.resolve("new"));
  }

  private static void assertPipe(Path path) throws IOException {
    var mode = (int) Files.getAttribute(path, "unix:mode");
    assertThat(mode & KIND).isEqualTo(PIPE);
    assertThat(mode & 0777).isEqualTo(0600);
  }
}
