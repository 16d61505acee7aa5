package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/**
 * The directories of jobs, {@code <base>/<name>}, and beside them the worker's own directories for
 * the same jobs, {@code <base>/own-<n>/<name>.<run>}. Other users may traverse the base, but
 * neither list it nor write to it, so they cannot redirect the worker's paths below it. Safe for
 * use by many threads.
 */
final class JobDirectories implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(JobDirectories.class);
  private static final Set<PosixFilePermission> PASSAGE =
      PosixFilePermissions.fromString("rwx--x--x");
  static final FileAttribute<Set<PosixFilePermission>> OWNER_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /** The maximum number of workers that share a base. */
  private static final int WORKERS = 1000;

  private static final String LOCK = "lock";
  private static final String PIPES = "pipes";

  /**
   * Separates a directory's name from the number of the run. A workspace's directory keeps its name
   * over many runs.
   */
  private static final String RUN = ".";

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration ROUND = Duration.ofMillis(5);

  private final Path base;
  private final Path own;
  private final WorkerLock lock;
  private final AtomicLong runs = new AtomicLong(System.currentTimeMillis());

  private JobDirectories(Path base, Path own, WorkerLock lock) {
    this.base = base;
    this.own = own;
    this.lock = lock;
  }

  /**
   * Opens the base for this worker; other workers may use the same base.
   *
   * @param worker its number among live workers; -1: the first free one
   * @throws IllegalStateException when the base belongs to another user, who could place links
   *     there
   */
  static JobDirectories in(Path base, int worker) throws IOException {
    Files.createDirectories(base);
    Path real = base.toRealPath();
    checkOwner(real);
    Files.setPosixFilePermissions(real, PASSAGE);
    int last = worker < 0 ? WORKERS : worker;
    for (int n = Math.max(worker, 0); n <= last; n++) {
      Path own = real.resolve("own-" + n);
      makeUnlessThere(own);
      Optional<WorkerLock> lock = WorkerLock.take(own.resolve(LOCK), OWNER_FILE);
      if (lock.isPresent()) {
        return new JobDirectories(real, own, lock.get());
      }
    }
    throw new IOException("Too many workers use " + real);
  }

  /** Gives a new directory to the user of its slot. */
  interface Giver {
    void give(Path path) throws IOException;
  }

  /**
   * Creates the directory of a job. It gets its final name only once it belongs to the slot's user.
   *
   * @param name hard to guess
   * @throws IOException when an earlier run still has a directory of that name
   */
  JobDirectory make(String name, Giver owner) throws IOException {
    String run = name + RUN + runs.getAndIncrement();
    JobDirectory made = new JobDirectory(base.resolve(name), own.resolve(run));
    // The worker's own directory comes first: if the worker is killed, it tells the next start what
    // to remove.
    Files.createDirectory(made.own(), OWNER_DIRECTORY);
    JobDirectory hidden = new JobDirectory(made.spool("new"), made.own());
    for (Path path : List.of(hidden.root(), hidden.work(), hidden.home(), hidden.tmp())) {
      Files.createDirectory(path, OWNER_DIRECTORY);
    }
    for (Path path : List.of(hidden.work(), hidden.home(), hidden.tmp(), hidden.root())) {
      owner.give(path);
    }
    show(hidden.root(), made.root());
    return made;
  }

  /** Waits while the directory of an earlier run in the same workspace is still being removed. */
  private static void show(Path hidden, Path root) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      if (System.nanoTime() > end) {
        FileSystemUtils.deleteRecursively(hidden.getParent());
        throw new FileAlreadyExistsException(root.toString());
      }
      LockSupport.parkNanos(ROUND.toNanos());
    }
    Files.move(hidden, root, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Removes a job's directory, which must be empty, and the worker's own for it; returns whether
   * both are gone.
   */
  boolean remove(JobDirectory directory) throws IOException {
    if (Files.notExists(directory.own())) {
      return true; // already removed, and the name may belong to the next run
    }
    try {
      Files.deleteIfExists(directory.root());
    } catch (DirectoryNotEmptyException e) {
      return false;
    }
    try {
      // The next run may already use the name, so the old directory is renamed before it is
      // removed.
      Path gone = own.resolve(RUN + runs.getAndIncrement());
      FileSystemUtils.deleteRecursively(Files.move(directory.own(), gone));
    } catch (IOException e) {
      LOG.warn("{} could not be removed; the next start tries again", directory.own(), e);
    }
    return true;
  }

  /** The directories that a killed worker left. */
  List<JobDirectory> left() throws IOException {
    List<JobDirectory> left = new ArrayList<>();
    try (Stream<Path> entries = Files.list(own)) {
      for (Path entry : entries.toList()) {
        String name = entry.getFileName().toString();
        if (!name.equals(LOCK) && !name.equals(PIPES)) {
          String shown = name.substring(0, Math.max(0, name.lastIndexOf(RUN)));
          left.add(new JobDirectory(base.resolve(shown.isEmpty() ? name : shown), entry));
        }
      }
    }
    return left;
  }

  /** The folder with pipes that are ready for coming runs. */
  Path pipes() {
    return own.resolve(PIPES);
  }

  /** Creates a file that only its owner can read. */
  static Path newFile(Path path) throws IOException {
    return Files.createFile(path, OWNER_FILE);
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }

  private static void makeUnlessThere(Path directory) throws IOException {
    try {
      Files.createDirectory(directory, OWNER_DIRECTORY);
    } catch (FileAlreadyExistsException e) {
      // An earlier worker, or one that runs now, has created the directory of locks.
    }
  }

  private static void checkOwner(Path base) throws IOException {
    Path ours = Files.createTempFile(base, "own", "er");
    try {
      if (!Files.getOwner(base).equals(Files.getOwner(ours))) {
        throw new IllegalStateException(
            base + " belongs to another user: set OUTPOST_WORKER_DIRECTORY to a directory of ours");
      }
    } finally {
      Files.delete(ours);
    }
  }
}
