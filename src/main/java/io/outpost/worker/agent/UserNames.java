package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers names for user ids, because many programs fail for a user without a name. Missing lines
 * of {@code passwd} and {@code group} are added in one step for each file, so that no reader sees
 * half a file. Safe for use by many threads.
 */
final class UserNames {

  /** The login shell of registered users. */
  static final String SHELL =
      Stream.of("/bin/bash", "/bin/sh")
          .filter(shell -> Files.isExecutable(Path.of(shell)))
          .findFirst()
          .orElse("/bin/sh");

  private static final Logger LOG = LoggerFactory.getLogger(UserNames.class);
  private static final Object ONE_OF_THIS_PROCESS = new Object();

  private final Path etc;
  private final Path homes;
  private final Map<Integer, String> known = new ConcurrentHashMap<>();

  /**
   * @param etc the folder of {@code passwd} and {@code group}
   * @param homes a folder that belongs to root, in which each user has a link to its current home
   */
  UserNames(Path etc, Path homes) {
    this.etc = etc;
    this.homes = homes;
  }

  /** The user's name. A missing name is registered, if this worker can write the files. */
  String of(int user) {
    return known.computeIfAbsent(user, this::find);
  }

  /**
   * Sets the user's home for programs that ignore {@code HOME}, such as ssh. The home is a link in
   * a folder that only the user may enter, because the link reveals a job's directory.
   */
  void home(int user, Path home) throws IOException {
    Path folder = homes.resolve("user-" + user);
    try {
      Files.createDirectory(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x---"));
      Files.setAttribute(folder, "unix:gid", user);
    } catch (FileAlreadyExistsException e) {
      // An earlier job of this user created the folder.
    }
    Path next = folder.resolve("next");
    Files.deleteIfExists(next);
    Files.createSymbolicLink(next, home);
    Files.move(next, homeOf(user), StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Writes copies of both files, with a line for the user, for a process that sees them instead of
   * the originals.
   */
  void copy(int user, Path home, Path folder) throws IOException {
    add(folder, "passwd", user, passwdLine(user, home));
    add(folder, "group", user, groupLine(user));
  }

  /** The name given to a user that has none. */
  static String made(int user) {
    return "agent" + user;
  }

  private String find(int user) {
    try {
      Optional<String> there = nameIn(read("passwd"), user);
      if (there.isPresent()) {
        return there.get();
      }
      synchronized (ONE_OF_THIS_PROCESS) {
        try (FileChannel lock =
            FileChannel.open(
                etc.resolve(".pwd.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
          // The lock that useradd also uses; closing the channel releases it.
          lock.lock();
          add(etc, "passwd", user, passwdLine(user, homeOf(user)));
          add(etc, "group", user, groupLine(user));
        }
      }
    } catch (IOException e) {
      LOG.warn(
          "User {} of agents has no name, and programs that ask for it fail ({}): put it into {} of"
              + " the image",
          user,
          e.toString(),
          etc.resolve("passwd"));
    }
    return made(user);
  }

  private void add(Path folder, String file, int user, String line) throws IOException {
    String text = read(file);
    if (folder.equals(etc) && nameIn(text, user).isPresent()) {
      return;
    }
    Path next = folder.resolve(file + ".outpost");
    Files.writeString(
        next,
        text + (text.isEmpty() || text.endsWith("\n") ? "" : "\n") + line + "\n",
        StandardCharsets.ISO_8859_1);
    Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-r--r--"));
    Files.move(next, folder.resolve(file), StandardCopyOption.ATOMIC_MOVE);
  }

  private String read(String file) throws IOException {
    Path path = etc.resolve(file);
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
        ? Files.readString(path, StandardCharsets.ISO_8859_1)
        : "";
  }

  /** The name in the first line with that id. The id is the third field in both files. */
  private static Optional<String> nameIn(String text, int user) {
    return text.lines()
        .map(line -> line.split(":", -1))
        .filter(fields -> fields.length > 2 && fields[2].equals(Integer.toString(user)))
        .map(fields -> fields[0])
        .findFirst();
  }

  private Path homeOf(int user) {
    return homes.resolve("user-" + user).resolve("home");
  }

  private static String passwdLine(int user, Path home) {
    return "%s:x:%d:%d:Outpost agent:%s:%s".formatted(made(user), user, user, home, SHELL);
  }

  private static String groupLine(int user) {
    return "%s:x:%d:".formatted(made(user), user);
  }
}
