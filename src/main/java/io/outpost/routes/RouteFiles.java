package io.outpost.routes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * A snapshot of the route files of all roles: the files of the jar, and the files of folders that
 * replace or extend them. Immutable.
 *
 * @param texts by folder and name, for example {@code api/jobs.camel.yaml}
 * @param places the location of each, in Camel's form
 * @param jar the names of unchanged shipped files
 */
record RouteFiles(Map<String, byte[]> texts, Map<String, String> places, Set<String> jar) {

  private static final int SHORT = 6;

  /**
   * Reads the files of the jar and of these folders.
   *
   * @param folders files of a later folder take precedence
   */
  static RouteFiles read(List<MountedFolder> folders) {
    var texts = ofJar();
    var places = new TreeMap<String, String>();
    texts.keySet().forEach(name -> places.put(name, "classpath:routes/" + name));
    var jar = new TreeSet<>(texts.keySet());
    for (var folder : folders) {
      for (var file : folder.files().entrySet()) {
        var text = bytes(file.getValue());
        if (!Arrays.equals(text, texts.put(file.getKey(), text))) {
          jar.remove(file.getKey());
          places.put(file.getKey(), "file:" + file.getValue());
        }
      }
    }
    return new RouteFiles(texts, places, jar);
  }

  /** The files of the jar, without any folder's. */
  static Map<String, byte[]> ofJar() {
    var found = new TreeMap<String, byte[]>();
    try {
      for (var role : MountedFolder.ROLES) {
        var pattern = "classpath:routes/" + role + "/*" + MountedFolder.SUFFIX;
        for (var file : new PathMatchingResourcePatternResolver().getResources(pattern)) {
          found.put(role + "/" + file.getFilename(), file.getContentAsByteArray());
        }
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The unchanged shipped files of some roles. */
  List<Resource> ours(Set<String> roles) {
    return resources(roles, true);
  }

  /** The files of some roles that a folder has changed or added. */
  List<Resource> theirs(Set<String> roles) {
    return resources(roles, false);
  }

  private List<Resource> resources(Set<String> roles, boolean ofJar) {
    var found = new ArrayList<Resource>();
    texts.forEach(
        (name, text) -> {
          if (roles.contains(name.substring(0, name.indexOf('/'))) && jar.contains(name) == ofJar) {
            found.add(ResourceHelper.fromBytes(places.get(name), text));
          }
        });
    return found;
  }

  /** The text of a file; empty when it does not exist. */
  String text(String name) {
    return new String(texts.getOrDefault(name, new byte[0]), StandardCharsets.UTF_8);
  }

  /** The text of a route; empty when no file has it. */
  String yaml(String name, String route) {
    var text = text(name);
    return RouteFile.parse(name, text)
        .routes()
        .filter(field -> RouteFile.text(field.value(), "id").equals(route))
        .findFirst()
        .map(
            field -> {
              var end = field.value().getEndMark().getLine();
              return text.lines()
                  .skip(field.line() - 1L)
                  .limit(end - field.line() + 1L)
                  .collect(Collectors.joining("\n"));
            })
        .orElse("");
  }

  /** A snapshot without files. */
  static final RouteFiles NONE = new RouteFiles(Map.of(), Map.of(), Set.of());

  /** The names of files that have changed, were added or were removed. */
  Set<String> changedSince(RouteFiles before) {
    var names = new TreeSet<>(texts.keySet());
    names.addAll(before.texts.keySet());
    names.removeIf(
        name ->
            texts.containsKey(name)
                && Arrays.equals(texts.get(name), before.texts.get(name))
                && Objects.equals(places.get(name), before.places.get(name)));
    return names;
  }

  /** A short hash of all files. */
  String version() {
    try {
      var hash = MessageDigest.getInstance("SHA-256");
      texts.forEach(
          (name, text) -> {
            hash.update((name + " " + text.length + "\n").getBytes(StandardCharsets.UTF_8));
            hash.update(text);
          });
      return HexFormat.of().formatHex(hash.digest(), 0, SHORT);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
