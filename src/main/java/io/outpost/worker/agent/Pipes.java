package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.file.Files;
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
  private final Map<Integer, Path> ready = new ConcurrentHashMap<>();

  private Pipes(Path folder) {
    this.folder = folder;
  }

  /**
   * Ready pipes wait in this folder of the worker's own; those of an earlier worker are removed.
   */
  static Pipes in(Path folder) throws IOException {
    FileSystemUtils.deleteRecursively(folder);
    return new Pipes(Files.createDirectory(folder, JobDirectories.OWNER_DIRECTORY));
  }

  /**
   * Prepares a pipe for the slot's next run, unless there is one; if that fails, the run creates
   * it.
   */
  void prepare(int slot) {
    ready.computeIfAbsent(
        slot,
        own -> {
          Path pipe = folder.resolve(Integer.toString(own));
          try {
            make(pipe);
            return pipe;
          } catch (IOException e) {
            LOG.debug("No pipe is ready for slot {}", own, e);
            return null;
          }
        });
  }

  /**
   * Creates a pipe at this path, which only the worker may open; called by the holder of the slot.
   */
  void take(int slot, Path place) throws IOException {
    Path pipe = ready.remove(slot);
    if (pipe == null) {
      make(place);
    } else {
      Files.move(pipe, place, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static void make(Path pipe) throws IOException {
    String tool = Isolation.TOOLS.find("mkfifo").orElseThrow().toString();
    Tool made = Tool.run(List.of(tool, "-m", "600", pipe.toString()));
    if (!made.succeeded()) {
      throw new IOException("A pipe could not be made: " + made.output().strip());
    }
  }
}
