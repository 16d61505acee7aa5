package io.outpost.worker.agent;

import io.outpost.agents.SearchPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/**
 * Named pipes. Creating one needs a process, so each slot prepares one for its next run before it
 * takes a job. Thread-safe.
 */
final class Pipes {

  private static final Logger LOG = LoggerFactory.getLogger(Pipes.class);

  private final Path folder;
  private final SearchPath tools;
  private final Map<Integer, Path> ready = new ConcurrentHashMap<>();

  private Pipes(Path folder, SearchPath tools) {
    this.folder = folder;
    this.tools = tools;
  }

  /**
   * Ready pipes wait in this folder of the worker's own; those of an earlier worker are removed.
   */
  static Pipes in(Path folder, SearchPath tools) throws IOException {
    FileSystemUtils.deleteRecursively(folder);
    return new Pipes(Files.createDirectory(folder, JobDirectories.OWNER_DIRECTORY), tools);
  }

  /**
   * Prepares a pipe for the slot's next run, unless there is one; if that fails, the run creates
   * it.
   */
  void prepare(int slot) {
    if (ready.get(slot) != null) {
      return; // Only the holder of a slot prepares for it.
    }
    Path pipe = folder.resolve(Integer.toString(slot));
    try {
      make(pipe);
      ready.put(slot, pipe);
    } catch (IOException e) {
      LOG.debug("No pipe is ready for slot {}", slot, e);
    }
  }

  /**
   * Creates a pipe at this path, which only the worker may open; called by the holder of the slot.
   */
  void take(int slot, Path place) throws IOException {
    Path pipe = ready.remove(slot);
    if (pipe != null) {
      try {
        Files.move(pipe, place, StandardCopyOption.ATOMIC_MOVE);
        return;
      } catch (NoSuchFileException e) {
        LOG.debug("Something removed the pipe of slot {}", slot, e);
      }
    }
    make(place);
  }

  private void make(Path pipe) throws IOException {
    Path tool =
        tools
            .find("mkfifo")
            .orElseThrow(
                () ->
                    new IOException(
                        "A pipe could not be made: mkfifo (package coreutils) is not installed"));
    Tool made = Tool.run(List.of(tool.toString(), "-m", "600", pipe.toString()));
    if (!made.succeeded()) {
      throw new IOException("A pipe could not be made: " + made.output().strip());
    }
  }
}
