package io.outpost.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes of a run start with an archive of classes, and without it where there is none. */
class SharedClassesTest {

  @TempDir Path folder;

  private final List<List<String>> trained = new ArrayList<>();

  @Test
  void anArchiveIsMadeOncePerRun() throws IOException {
    var first = options("run 1", trained::add);
    assertThat(first).first().isEqualTo("-XX:AOTCache=" + folder.resolve("shared/classes.aot"));
    assertThat(first).last().asString().endsWith(".jar");
    assertThat(options("run 1", trained::add)).isEqualTo(first);
    assertThat(trained).hasSize(1);
    options("run 2", trained::add);
    assertThat(trained).hasSize(2);
  }

  @Test
  void aRunWhoseTrainingFailsGoesOnWithoutArchive() throws IOException {
    for (int i = 0; i < 2; i++) {
      var options =
          options(
              "run",
              with -> {
                trained.add(with);
                throw new TimeoutException("It did not end");
              });
      assertThat(options).containsExactly("-cp", classPath());
    }
    assertThat(trained).hasSize(1);
  }

  @Test
  void aRunWhoseClassesCannotBePackedGoesOnWithoutArchive() throws IOException {
    var classPath = classPath() + File.pathSeparator + folder.resolve("nowhere.jar");
    assertThat(SharedClasses.options(trained::add, classPath, folder.resolve("shared"), "run"))
        .containsExactly("-cp", classPath);
    assertThat(trained).isEmpty();
  }

  private List<String> options(String run, SharedClasses.Training training) throws IOException {
    return SharedClasses.options(training, classPath(), folder.resolve("shared"), run);
  }

  /** A folder of classes. */
  private String classPath() throws IOException {
    var classes = Files.createDirectories(folder.resolve("classes"));
    Files.writeString(classes.resolve("some.properties"), "a=b");
    return classes.toString();
  }
}
