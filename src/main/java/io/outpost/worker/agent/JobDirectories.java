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
 * The directories of jobs, and beside them the worker's own for the same jobs: {@code
 * <base>/<name>} and {@code <base>/own-<n>/<name>.<run>}. Others may pass through the base, not
 * list it and not write to it, so what the worker does with a path right below it cannot be led
 * astray. Safe for use by many threads.
 */
final class JobDirectories implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(JobDirectories.class);
  private static final Set<PosixFilePermission> PASSAGE =
      PosixFilePermissions.fromString("rwx--x--x");
  static final FileAttribute<Set<PosixFilePermission>> OWNER_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /** Workers that can share a base. */
  private static final int WORKERS = 1000;

  private static final String LOCK = "lock";
  private static final String PIPES = "pipes";

  /** Between a directory's name and the number of the run that has it: a workspace has many. */
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
   * Takes the base for this worker, beside others that may use it.
   *
   * @param worker its number, which no other live one has; -1: the first that is free
   * @throws IllegalStateException when it is another user's, who could put links in our way
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

  /** To whom a new directory is given. */
  interface Giver {
    void give(Path path) throws IOException;
  }

  /**
   * Makes the directory of a job; it is its owner's from the moment that its name is there.
   *
   * @param name which nobody can guess
   * @throws IOException when an earlier run still has a directory of that name
   */
  JobDirectory make(String name, Giver owner) throws IOException {
    String run = name + RUN + runs.getAndIncrement();
    JobDirectory made = new JobDirectory(base.resolve(name), own.resolve(run));
    // First the worker's own: a worker that ends now knows by it what to remove at its next start.
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

  /** An earlier run of the same workspace may be about to be removed. */
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

  /** Removes a job's directory, which must be empty, and the worker's own for it; says whether. */
  boolean remove(JobDirectory directory) throws IOException {
    if (Files.notExists(directory.own())) {
      return true; // it was removed before, and the shown name may be the next run's by now
    }
    try {
      Files.deleteIfExists(directory.root());
    } catch (DirectoryNotEmptyException e) {
      return false;
    }
    try {
      // By now the shown name may be the next run's: what is left of this one leads there no more.
      Path gone = own.resolve(RUN + runs.getAndIncrement());
      FileSystemUtils.deleteRecursively(Files.move(directory.own(), gone));
    } catch (IOException e) {
      LOG.warn("{} stays until the next start", directory.own(), e);
    }
    return true;
  }

  /** What an earlier worker that was killed left behind. */
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

  /** Where pipes wait for their runs. */
  Path pipes() {
    return own.resolve(PIPES);
  }

  /** A new file that only its owner reads. */
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
      // Of an earlier worker, or of one that runs.
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
