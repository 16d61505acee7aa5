package io.outpost.agents;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folders in which programs are searched for.
 *
 * @param folders as in the variable {@code PATH}
 */
public record SearchPath(String folders) {

  /**
   * The file of a program: the path itself, or the first executable with this name in the folders.
   */
  public Optional<Path> find(String program) {
    Stream<Path> candidates =
        program.contains("/")
            ? Stream.of(Path.of(program))
            : Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                .splitAsStream(folders)
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, program));
    return candidates
        .map(Path::toAbsolutePath)
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }
}
