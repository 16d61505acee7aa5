package io.outpost.worker.agent;

import io.outpost.kernel.Ids;
import io.outpost.worker.files.TreeLimits;
import io.outpost.worker.files.WorkspaceArchive;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Has a job make a tree of files, packs it, unpacks it for another job and has that one describe
 * what it finds. Knows no test framework: a normal user's process runs it too.
 */
final class RoundTrip {

  static final TreeLimits LIMITS = new TreeLimits(400_000_000, 200_000);

  /** Creates the listed files: kind, index of the parent, name, mode, time and content. */
  private static final String MAKE =
      """
      import os, sys
      made = [(".", None, None, None, None)]
      folders = {0: os.open(".", os.O_RDONLY)}
      for line in sys.stdin:
          kind, parent, name, mode, mtime, rest = line.rstrip("\\n").split(" ")
          name, mode, mtime = bytes.fromhex(name), int(mode, 8), int(mtime)
          at = folders[int(parent)]
          if kind == "d":
              os.mkdir(name, 0o700, dir_fd=at)
              folders[len(made)] = os.open(name, os.O_RDONLY, dir_fd=at)
          elif kind == "f" or kind == "s":
              file = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600, dir_fd=at)
              if kind == "f": os.write(file, bytes.fromhex(rest))
              else:
                  os.pwrite(file, b"data", int(rest))
                  os.truncate(file, int(rest) * 2)
              os.close(file)
          elif kind == "l": os.symlink(bytes.fromhex(rest), name, dir_fd=at)
          elif kind == "p": os.mkfifo(name, dir_fd=at)
          else:
              first = made[int(rest)]
              os.link(first[0], name, src_dir_fd=first[1], dst_dir_fd=at, follow_symlinks=False)
          made.append((name, at, kind, mode, mtime))
      for name, at, kind, mode, mtime in reversed(made[1:]):
          if kind not in "lh": os.chmod(name, mode, dir_fd=at)
          os.utime(name, ns=(mtime, mtime), dir_fd=at, follow_symlinks=False)
      for folder in folders.values(): os.close(folder)
      """;

  /** Describes the whole working directory except its own mode. */
  static final String DESCRIBE =
      """
      import hashlib, os, stat, sys
      sys.setrecursionlimit(10000)
      firsts = {}
      def describe(at, path):
          for name in sorted(os.fsencode(name) for name in os.listdir(at)):
              found = os.lstat(name, dir_fd=at)
              here = path + b"/" + name
              mode = stat.S_IMODE(found.st_mode)
              told = [here.hex(), stat.filemode(found.st_mode)[0]]
              if not stat.S_ISLNK(found.st_mode): told.append(oct(mode))
              told.append(str(found.st_mtime_ns))
              if stat.S_ISLNK(found.st_mode): told.append(os.readlink(name, dir_fd=at).hex())
              if stat.S_ISREG(found.st_mode):
                  told.append("links %d first %s" % (found.st_nlink, firsts.setdefault(found.st_ino, here.hex())))
                  if not mode & 0o400: os.chmod(name, 0o600, dir_fd=at)
                  with open(os.open(name, os.O_RDONLY, dir_fd=at), "rb") as file:
                      told.append(hashlib.file_digest(file, "sha256").hexdigest() + (" holes" if found.st_blocks * 1024 < found.st_size else ""))
                  os.chmod(name, mode, dir_fd=at)
              print(" ".join(told))
              if stat.S_ISDIR(found.st_mode):
                  if mode & 0o700 != 0o700: os.chmod(name, 0o700, dir_fd=at)
                  folder = os.open(name, os.O_RDONLY, dir_fd=at)
                  describe(folder, here)
                  os.close(folder)
                  os.chmod(name, mode, dir_fd=at)
      describe(os.open(".", os.O_RDONLY), b".")
      """;

  private final Slots slots;
  private final Path archives;

  /**
   * In these slots.
   *
   * @param archives where archives may be kept meanwhile
   */
  RoundTrip(Slots slots, Path archives) {
    this.slots = slots;
    this.archives = archives;
  }

  /** The descriptions before and after, and the reported losses. */
  record Result(String before, String after, String notKept) {}

  /** Packs and unpacks a tree. */
  Result of(String tree) throws Exception {
    JobFiles files = slots.open(Ids.unguessable(), 0);
    String before = python(files, MAKE + DESCRIBE, tree);
    Path archive = Files.createTempFile(archives, "workspace", ".tar.gz");
    try {
      WorkspaceArchive.Packed packed;
      try (OutputStream out = Files.newOutputStream(archive)) {
        packed = WorkspaceArchive.pack(files, out, LIMITS);
      }
      files.close();
      try (InputStream in = new BufferedInputStream(Files.newInputStream(archive))) {
        return new Result(before, unpacked(in, packed.bytes()), packed.notKept());
      }
    } finally {
      Files.delete(archive);
    }
  }

  /** Unpacks an archive for a job; returns the job's description of it. */
  String unpacked(InputStream archive, long bytes) throws Exception {
    JobFiles files = slots.open(Ids.unguessable(), 0);
    WorkspaceArchive.unpack(archive, files, bytes, LIMITS);
    String after = python(files, DESCRIBE, "");
    files.close();
    return after;
  }

  private String python(JobFiles files, String program, String input) throws Exception {
    String python = Isolation.TOOLS.find("python3").orElseThrow().toString();
    AgentRun run = AgentRun.script(slots, "").command(List.of(python, "-c", program)).task(input);
    AgentResult result = AgentRun.endOf(run.startIn(files));
    if (!result.succeeded()) {
      throw new IOException("The job failed: " + result + " " + run.output());
    }
    return run.output();
  }

  /** Arguments: an empty directory, and files that list trees. Prints a line for each. */
  public static void main(String[] args) throws Exception {
    Path place = Path.of(args[0]);
    Confinement confinement =
        new Isolation(TestConfinement.fileSettings(AgentRunSettings.SandboxUse.OFF)).choose();
    Map<String, String> results = new TreeMap<>();
    results.put("encoding of names", System.getProperty("sun.jnu.encoding"));
    try (Slots slots =
        TestConfinement.slots(Files.createDirectory(place.resolve("jobs")), confinement)) {
      RoundTrip trip = new RoundTrip(slots, place);
      for (String list : List.of(args).subList(1, args.length)) {
        Result result = trip.of(Files.readString(Path.of(list)));
        boolean equal = result.before().equals(result.after()) && result.notKept().isEmpty();
        results.put(
            Path.of(list).getFileName().toString(),
            equal ? "equal" : PlainText.line(result.toString()));
      }
    }
    results.forEach((name, result) -> System.out.println(name + ": " + result));
  }
}
