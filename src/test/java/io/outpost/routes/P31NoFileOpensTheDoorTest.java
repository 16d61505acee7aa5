package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * Whatever an installation does to copies of our files, either every operation passes admission or
 * the product does not start.
 */
class P31NoFileOpensTheDoorTest {

  @TempDir Path folder;

  @Test
  void everyFileReadAndWrittenByAnEditorMeansTheSame() throws IOException {
    var yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    for (var file : ours().entrySet()) {
      write(file.getKey(), yaml.dump(yaml.load(file.getValue())));
    }
    assertThat(RoutesCommand.check(new MountedFolder(folder))).isEmpty();
  }

  @Test
  void everyFileUnderAnotherNameIsRefusedAsASecondOne() throws IOException {
    for (var file : ours().entrySet()) {
      write(file.getKey().replace("/", "/again-"), file.getValue());
    }
    var refused =
        RoutesCommand.check(new MountedFolder(folder)).stream().map(Finding::file).distinct();
    assertThat(refused)
        .containsAll(ours().keySet().stream().map(name -> name.replace("/", "/again-")).toList());
  }

  @Test
  void aConfigurationUnderAnotherIdIsRefused() throws IOException {
    for (var file : ours().entrySet()) {
      var renamed =
          file.getValue()
              .replaceAll("(- routeConfiguration:\\n    id: )[\\w-]+", "$1routeConfiguration-3210");
      if (!renamed.equals(file.getValue())) {
        write(file.getKey(), renamed);
        assertThat(RoutesCommand.check(new MountedFolder(folder))).as(file.getKey()).isNotEmpty();
        Files.delete(folder.resolve(file.getKey()));
      }
    }
  }

  private static Map<String, String> ours() throws IOException {
    var found = new TreeMap<String, String>();
    for (var file :
        new PathMatchingResourcePatternResolver().getResources("classpath:routes/*/*.camel.yaml")) {
      found.put(
          RouteFile.nameOf(file.getURL().toString()),
          file.getContentAsString(StandardCharsets.UTF_8));
    }
    return found;
  }

  private void write(String file, String text) throws IOException {
    var path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
