package io.outpost.routes;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.spring.boot.CamelSpringBootRoutesCollector;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.ApplicationContext;
import org.springframework.stereotype.Component;

/**
 * Finds the route files of this role: those of the jar, and those of a mounted folder with the same
 * layout ({@code common/}, {@code api/}, {@code worker/}). A mounted file replaces the jar's of the
 * same name. Used while Camel starts, by one thread.
 */
@Component
class RouteFolder extends CamelSpringBootRoutesCollector {

  private static final String JAR = "classpath:routes/";

  private final String folder;

  RouteFolder(ApplicationContext application, @Value("${outpost.routes}") String folder) {
    super(application, false);
    this.folder = folder;
  }

  @Override
  public Collection<Resource> findRouteResourcesFromDirectory(
      CamelContext camel, String exclude, String include) {
    var ours = super.findRouteResourcesFromDirectory(camel, exclude, include);
    if (folder.isBlank()) {
      return ours;
    }
    var mounted = super.findRouteResourcesFromDirectory(camel, exclude, mounted(include));
    var replaced = new HashSet<>(mounted.stream().map(RouteFolder::name).toList());
    var all = new ArrayList<>(mounted);
    ours.stream().filter(file -> !replaced.contains(name(file))).forEach(all::add);
    return all;
  }

  /** The patterns of the jar's folders, for those that the mounted folder has. */
  private String mounted(String include) {
    var root = Path.of(folder).toAbsolutePath();
    if (!Files.isDirectory(root)) {
      throw new IllegalStateException(
          "The folder of routes %s is not there; mount it, or unset OUTPOST_ROUTES"
              .formatted(root));
    }
    return String.join(
        ",",
        Arrays.stream(include.split(",", -1))
            .filter(pattern -> pattern.startsWith(JAR))
            .map(pattern -> root.resolve(pattern.substring(JAR.length())))
            .filter(pattern -> Files.isDirectory(pattern.getParent()))
            .map(pattern -> "file:" + pattern)
            .toList());
  }

  /** The last folder and the file, for example {@code api/jobs.camel.yaml}. */
  private static List<String> name(Resource file) {
    var parts = file.getLocation().split("[/\\\\]", -1);
    return List.of(parts[parts.length - 2], parts[parts.length - 1]);
  }
}
