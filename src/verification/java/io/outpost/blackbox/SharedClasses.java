package io.outpost.blackbox;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;
import org.springframework.util.FileSystemUtils;

/**
 * An archive of the classes that a start of everything loads and links, so that the processes of a
 * whole run do not each read and check the same twenty thousand: half of what a start costs. It is
 * made once, by a start that does nothing else, which pays where many follow: in {@code mvn verify}.
 * Safe between test processes, and for use by many threads.
 */
final class SharedClasses {

  /** Names the run of all tests that this is part of; null where it is none. */
  private static final @Nullable String RUN = System.getProperty("outpost.shared-classes");

  /** The first Java that makes such an archive by itself. */
  private static final int FIRST = 25;

  private static final Path FOLDER = Path.of("target", "shared-classes").toAbsolutePath();

  private SharedClasses() {}

  /** Starts everything with these options, and ends it. */
  interface Training {
    void run(List<String> options) throws Exception;
  }

  /** The class path of the tests, as options for Java, with the archive where there is one. */
  static synchronized List<String> options(Training training) throws IOException {
    var plain = System.getProperty("java.class.path");
    return RUN == null || Runtime.version().feature() < FIRST
        ? List.of("-cp", plain)
        : options(training, plain, FOLDER, RUN);
  }

  /**
   * The same in a folder, for a run. Where no archive can be made, the run goes on without one, and
   * does not try again.
   */
  static List<String> options(Training training, String plain, Path folder, String run)
      throws IOException {
    var archive = folder.resolve("classes.aot");
    var jars = folder.resolve(run.replaceAll("\\W", "-"));
    try (var file = FileChannel.open(folder.resolveSibling(folder.getFileName() + ".lock"), CREATE, WRITE);
        var unused = file.lock()) {
      if (!Files.exists(jars)) {
        FileSystemUtils.deleteRecursively(folder);
        Files.createDirectory(folder);
        Files.writeString(jars, trained(training, plain, folder, archive));
      }
      var classPath = Files.readString(jars);
      // Where the archive is missing or does not fit, Java goes on without it.
      return classPath.equals(plain)
          ? List.of("-cp", plain)
          : List.of("-XX:AOTCache=" + archive, "-Xlog:aot*=off", "-cp", classPath);
    }
  }

  /** The class path that the archive is for; the plain one when there is no archive. */
  private static String trained(Training training, String plain, Path folder, Path archive) {
    try {
      var classPath = packed(plain, folder);
      training.run(List.of("-XX:AOTCacheOutput=" + archive, "-cp", classPath));
      return classPath;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      System.getLogger(SharedClasses.class.getName())
          .log(System.Logger.Level.WARNING, "Processes start without an archive of classes", e);
    }
    return plain;
  }

  /** An archive knows jars alone: folders are packed, and a jar that adds its folder is copied. */
  private static String packed(String classPath, Path folder) throws IOException {
    var parts = new ArrayList<String>();
    for (var path : Stream.of(classPath.split(File.pathSeparator)).map(Path::of).toList()) {
      var copy = folder.resolve(parts.size() + "-" + path.getFileName() + ".jar");
      if (Files.isDirectory(path)) {
        pack(path, copy);
        path = copy;
      } else if (addsItsFolder(path)) {
        Files.copy(path, copy);
        try (var jar = FileSystems.newFileSystem(copy)) {
          Files.delete(jar.getPath(JarFile.MANIFEST_NAME));
        }
        path = copy;
      }
      parts.add(path.toString());
    }
    return String.join(File.pathSeparator, parts);
  }

  private static boolean addsItsFolder(Path path) throws IOException {
    try (var jar = new JarFile(path.toFile())) {
      var manifest = jar.getManifest();
      var names =
          manifest == null
              ? null
              : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
      return names != null && List.of(names.split(" ", -1)).contains(".");
    }
  }

  private static void pack(Path folder, Path jar) throws IOException {
    try (Stream<Path> files = Files.walk(folder);
        var out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (var file : (Iterable<Path>) files.filter(path -> !path.equals(folder))::iterator) {
        var name = folder.relativize(file).toString();
        out.putNextEntry(new ZipEntry(Files.isDirectory(file) ? name + "/" : name));
        if (Files.isRegularFile(file)) {
          Files.copy(file, out);
        }
      }
    }
  }
}
