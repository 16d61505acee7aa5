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
 * Named pipes. To make one takes a process of its own, so each slot has one ready for its next run
 * before it takes a job. Thread-safe.
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

  /** Makes one for the slot's next run, unless it has one; should that fail, the run makes it. */
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

  /** A new pipe in this place, which only the worker may open; for who has the slot. */
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
