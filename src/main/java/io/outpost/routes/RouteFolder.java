package io.outpost.routes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.spring.boot.CamelSpringBootRoutesCollector;
import org.apache.camel.support.ResourceHelper;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.stereotype.Component;

/**
 * Finds the route files of this role: those of the jar, and those of a mounted folder with the same
 * layout ({@code common/}, {@code api/}, {@code worker/}). A mounted file replaces the jar's of the
 * same name. Mounted files are checked before they are read, and the model of all routes is
 * verified before the first of them is built. Used while Camel starts, by one thread.
 */
@Component
class RouteFolder extends CamelSpringBootRoutesCollector {

  private static final String JAR = "classpath:routes/";

  private final ConfigurableApplicationContext application;
  private final Optional<MountedFolder> folder;
  private final Known known;

  RouteFolder(ConfigurableApplicationContext application, @Value("${outpost.routes}") String folder)
      throws IOException {
    super(application, false);
    this.application = application;
    this.folder =
        folder.isBlank() ? Optional.empty() : Optional.of(new MountedFolder(Path.of(folder)));
    this.known =
        Known.of(
            application.getBeanFactory(),
            application.getEnvironment(),
            this.folder.map(MountedFolder::root).orElse(null));
  }

  /** The builders of all files, and behind them what looks at the result. */
  @Override
  public Collection<RoutesBuilder> collectRoutesFromDirectory(
      CamelContext camel, String exclude, String include) {
    var model = (ModelCamelContext) camel;
    model.addModelLifecycleStrategy(new AdmissionGuard(known.operations()));
    var builders = new ArrayList<>(super.collectRoutesFromDirectory(camel, exclude, include));
    var interceptions = new Interceptions(this::isAdded);
    builders.add(interceptions);
    builders.add(
        new Verification(() -> new ModelCheck(model, known.operations(), interceptions).check()));
    return builders;
  }

  @Override
  public Collection<Resource> findRouteResourcesFromDirectory(
      CamelContext camel, String exclude, String include) {
    var ours = super.findRouteResourcesFromDirectory(camel, exclude, include);
    if (folder.isEmpty()) {
      return ours;
    }
    var mounted = new ArrayList<Resource>();
    var roles = roles(include);
    folder
        .get()
        .files()
        .forEach(
            (name, file) -> {
              if (roles.contains(name.substring(0, name.indexOf('/')))) {
                mounted.add(ResourceHelper.resolveResource(camel, "file:" + file));
              }
            });
    var replaced =
        new HashSet<>(mounted.stream().map(file -> RouteFile.nameOf(file.getLocation())).toList());
    var kept =
        ours.stream()
            .filter(file -> !replaced.contains(RouteFile.nameOf(file.getLocation())))
            .toList();
    check(kept, mounted);
    var all = new ArrayList<>(mounted);
    all.addAll(kept);
    return all;
  }

  private void check(List<Resource> ours, List<Resource> mounted) {
    var found = new ArrayList<>(folder.orElseThrow().passedOver());
    try {
      var vocabulary = Vocabulary.ours().and(folder.get().vocabulary());
      found.addAll(new RoutesCheck(known, vocabulary).check(ours, mounted));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    RoutesRefused.unlessEmpty(found);
  }

  /** Whether a file is an addition of somebody else's; what replaces ours does what ours did. */
  private boolean isAdded(String location) {
    return folder.isPresent()
        && location.startsWith("file:")
        && Path.of(location.substring(5)).startsWith(folder.get().root())
        && !MountedFolder.replacesOurs(RouteFile.nameOf(location));
  }

  private static Set<String> roles(String include) {
    return Set.copyOf(
        Arrays.stream(include.split(",", -1))
            .filter(pattern -> pattern.startsWith(JAR))
            .map(pattern -> pattern.substring(JAR.length()).replaceFirst("/.*", ""))
            .toList());
  }
}
