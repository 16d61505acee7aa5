package io.outpost.routes;

import io.outpost.audit.RoutesVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.spring.boot.CamelSpringBootRoutesCollector;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.stereotype.Component;

/**
 * Finds the route files of this role: those of the jar, and those of a mounted folder with the same
 * layout ({@code common/}, {@code api/}, {@code worker/}). A mounted file replaces the jar's file
 * of the same name. Mounted files are checked before Camel reads them, and the model of all routes
 * is checked before the first route is built. Used by one thread while Camel starts, and later by
 * the reload.
 */
@Component
class RouteFolder extends CamelSpringBootRoutesCollector {

  private static final String JAR = "classpath:routes/";

  private final ConfigurableApplicationContext application;
  private final RoutesVersion version;
  private final TrafficBook traffic;
  private final Optional<MountedFolder> mounted;
  private final List<MountedFolder> folders;
  private final boolean isReloading;
  private volatile Set<String> roles = Set.of();
  private volatile RouteFiles running = RouteFiles.NONE;
  private volatile @Nullable LiveRoutes live;

  /** Loaded at the first check, because without a mounted folder there is none. */
  private volatile @Nullable RouteLanguage language;

  private volatile @Nullable Known known;

  /**
   * @param mounted a folder with an installation's own routes
   * @param source the folder in a checkout with the sources of the jar's files
   */
  RouteFolder(
      ConfigurableApplicationContext application,
      RoutesVersion version,
      TrafficBook traffic,
      @Value("${outpost.routes}") String mounted,
      @Value("${outpost.routes-source:}") String source,
      @Value("${outpost.routes-reload}") boolean isReloading) {
    super(application, false);
    this.application = application;
    this.version = version;
    this.traffic = traffic;
    this.mounted = folder(mounted);
    this.folders = Stream.concat(folder(source).stream(), this.mounted.stream()).toList();
    this.isReloading = isReloading && !folders.isEmpty();
  }

  private static Optional<MountedFolder> folder(String path) {
    return path.isBlank() ? Optional.empty() : Optional.of(new MountedFolder(Path.of(path)));
  }

  /** The builders of all files, then those that check the result. */
  @Override
  public Collection<RoutesBuilder> collectRoutesFromDirectory(
      CamelContext camel, String exclude, String include) {
    var model = (ModelCamelContext) camel;
    var operations = known().operations();
    camel.getPropertiesComponent().addPropertiesSource(new ContractNames(operations));
    if (isReloading || traffic.isOpen()) {
      live = new LiveRoutes(camel, traffic);
    }
    model.addModelLifecycleStrategy(new RouteIds());
    model.addModelLifecycleStrategy(new AdmissionGuard(operations));
    var builders = new ArrayList<>(super.collectRoutesFromDirectory(camel, exclude, include));
    var interceptions = new Interceptions(this::isAdded);
    builders.add(interceptions);
    builders.add(new Verification(() -> new ModelCheck(model, operations, interceptions).check()));
    return builders;
  }

  @Override
  public Collection<Resource> findRouteResourcesFromDirectory(
      CamelContext camel, String exclude, String include) {
    roles = roles(include);
    become(RouteFiles.read(folders));
    if (folders.isEmpty()) {
      return super.findRouteResourcesFromDirectory(camel, exclude, include);
    }
    var unused = check(running); // only faults matter: the running context builds the real model
    return all(running);
  }

  /** The files of the running routes. */
  RouteFiles running() {
    return running;
  }

  /** Records the files that run after a reload. */
  void become(RouteFiles files) {
    running = files;
    version.become(files.version());
  }

  /** Replaces running routes; empty when this installation does not reload. */
  Optional<LiveRoutes> live() {
    return isReloading ? Optional.ofNullable(live) : Optional.empty();
  }

  List<MountedFolder> folders() {
    return folders;
  }

  /** Reads the files as they are now. */
  RouteFiles read() {
    return RouteFiles.read(folders);
  }

  /** The names that routes may use at present. The contract is read only once. */
  Known known() {
    var folder = mounted.map(MountedFolder::root).orElse(null);
    try {
      var before = known;
      var now =
          before == null
              ? Known.of(application.getBeanFactory(), application.getEnvironment(), folder)
              : before.withQueuesOf(folder);
      known = now;
      return now;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files of this role among these. */
  List<Resource> all(RouteFiles files) {
    var all = files.theirs(roles);
    all.addAll(files.ours(roles));
    return all;
  }

  /**
   * The model that Camel makes of all files.
   *
   * @throws RoutesRefused when the folders' files have faults
   */
  RouteModel check(RouteFiles files) {
    var found = new ArrayList<Finding>();
    var vocabulary = Vocabulary.ours();
    try {
      for (var folder : folders) {
        found.addAll(folder.passedOver());
        var isTheirs = mounted.filter(folder::equals).isPresent();
        vocabulary = isTheirs ? folder.extend(vocabulary) : vocabulary.and(folder.vocabulary());
      }
      var words = language == null ? new RouteLanguage() : language;
      language = words;
      var result =
          new RoutesCheck(known(), vocabulary, words)
              .check(files.ours(roles), files.theirs(roles), this::isAdded);
      found.addAll(result.findings());
      RoutesRefused.unlessEmpty(found);
      return result.model();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Whether a file is an installation's own, and does not replace a shipped file that controls
   * flows.
   */
  boolean isAdded(String location) {
    return isMounted(location) && !MountedFolder.replacesConfigurations(RouteFile.nameOf(location));
  }

  /** Whether a file, by folder and name, is an installation's own. */
  boolean isYours(String name) {
    return isMounted(running.places().getOrDefault(name, ""));
  }

  private boolean isMounted(String location) {
    return mounted.isPresent()
        && location.startsWith("file:")
        && Path.of(location.substring(5)).startsWith(mounted.get().root());
  }

  private static Set<String> roles(String include) {
    return Set.copyOf(
        Arrays.stream(include.split(",", -1))
            .filter(pattern -> pattern.startsWith(JAR))
            .map(pattern -> pattern.substring(JAR.length()).replaceFirst("/.*", ""))
            .toList());
  }
}
