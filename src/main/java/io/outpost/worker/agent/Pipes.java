package io.outpost.worker.agent;

import io.outpost.agents.SearchPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/**
 * A store of named pipes. Only a separate process can create them, so one process creates many for
 * coming runs, before a slot takes a job. Thread-safe.
 */
final class Pipes {

  private static final Logger LOG = LoggerFactory.getLogger(Pipes.class);

  /** New pipes are created when fewer than this are left. */
  private static final int FEW = 8;

  private static final int MANY = 32;

  private final Path folder;
  private final SearchPath tools;
  private final Queue<Path> ready = new ConcurrentLinkedQueue<>();
  private long made;

  private Pipes(Path folder, SearchPath tools) {
    this.folder = folder;
    this.tools = tools;
  }

  /**
   * Creates the store in a folder that only the worker uses; removes the pipes of an earlier
   * worker.
   */
  static Pipes in(Path folder, SearchPath tools) throws IOException {
    FileSystemUtils.deleteRecursively(folder);
    return new Pipes(Files.createDirectory(folder, JobDirectories.OWNER_DIRECTORY), tools);
  }

  /** Makes sure that pipes are ready. If that fails, each run creates its own. */
  synchronized void prepare() {
    if (ready.size() >= FEW) {
      return;
    }
    List<Path> pipes = IntStream.range(0, MANY).mapToObj(i -> folder.resolve("" + made++)).toList();
    try {
      make(pipes);
      ready.addAll(pipes);
    } catch (IOException e) {
      LOG.debug("No pipes are ready", e);
    }
  }

  /** Puts a pipe at this path, which only the worker may open. */
  void take(Path place) throws IOException {
    Path pipe = ready.poll();
    if (pipe != null) {
      try {
        Files.move(pipe, place, StandardCopyOption.ATOMIC_MOVE);
        return;
      } catch (NoSuchFileException e) {
        LOG.debug("Something removed {}", pipe, e);
      }
    }
    make(List.of(place));
  }

  private void make(List<Path> pipes) throws IOException {
    Path tool =
        tools
            .find("mkfifo")
            .orElseThrow(
                () ->
                    new IOException(
                        "A pipe could not be made: mkfifo (package coreutils) is not installed"));
    List<String> command = new ArrayList<>(List.of(tool.toString(), "-m", "600"));
    pipes.forEach(pipe -> command.add(pipe.toString()));
    Tool run = Tool.run(command);
    if (!run.succeeded()) {
      throw new IOException("A pipe could not be made: " + run.output().strip());
    }
  }
}
