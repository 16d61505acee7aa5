package io.outpost.routes;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.audit.AuditAction;
import io.outpost.audit.AuditEntry;
import io.outpost.audit.RoutesVersion;
import io.outpost.kernel.Ids;
import io.outpost.telemetry.LogMarkers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.model.RouteDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Applies saved, added and removed files of route folders while the application runs. They are
 * checked as at a start; then either all changes are applied or, if there is any fault, none. One
 * thread watches the folders.
 */
@Component
class RoutesReload {

  private static final Logger LOG = LoggerFactory.getLogger(RoutesReload.class);
  private static final int LOOK_EVERY_MILLIS = 100;

  /** The elements of a file that can be replaced while Camel runs. */
  private static final Set<String> LIVE =
      Set.of(
          "route",
          "from",
          "routeConfiguration",
          "onException",
          "onCompletion",
          "errorHandler",
          "intercept",
          "interceptFrom");

  private final RouteFolder folder;
  private final RoutesVersion version;
  private final CamelContext camel;
  private final MeterRegistry metrics;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("routes-reload").factory());
  private volatile Map<String, Integer> readAtStart = Map.of();
  private volatile String live = "";
  private volatile String seen = "";

  /** When a change was first seen, by the clock of {@link System#nanoTime}. */
  private volatile long changedAt;

  private volatile List<Finding> refused = List.of();

  /** The last failure that was logged, so that it is logged only once. */
  private volatile String trouble = "";

  RoutesReload(
      RouteFolder folder, RoutesVersion version, CamelContext camel, MeterRegistry metrics) {
    this.folder = folder;
    this.version = version;
    this.camel = camel;
    this.metrics = metrics;
  }

  @EventListener(ApplicationReadyEvent.class)
  void begin() {
    if (folder.live().isPresent()) {
      readAtStart = readAtStart();
      live = MountedFolder.fingerprint(folder.folders());
      seen = live;
      var unused =
          watch.scheduleWithFixedDelay(
              this::look, LOOK_EVERY_MILLIS, LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  @EventListener(ContextClosedEvent.class)
  void end() {
    watch.shutdownNow();
  }

  /** The faults because of which the last change was not applied; empty when it was. */
  List<Finding> refused() {
    return refused;
  }

  /**
   * Looks for changes. Reloads only when the files are the same at two looks in a row, because a
   * file may still be being written.
   */
  private void look() {
    try {
      var now = MountedFolder.fingerprint(folder.folders());
      if (!now.equals(seen)) {
        changedAt = System.nanoTime();
      } else if (!now.equals(live)) {
        live = now;
        reload();
      }
      seen = now;
      folder.live().orElseThrow().tidy();
      trouble = "";
    } catch (Exception e) {
      if (!trouble.equals(e.toString())) {
        trouble = e.toString();
        LOG.error("The folder of routes cannot be read; the routes stay as they are", e);
      }
    }
  }

  private void reload() {
    var was = version.current();
    try {
      RoutesRefused.unlessEmpty(changedAtStartAlone());
      var files = folder.read();
      if (files.version().equals(was)) {
        var unused = folder.check(files); // elements beside the routes may be wrong
        refused = List.of();
        return;
      }
      replace(files);
      refused = List.of();
      folder.become(files);
      LOG.info(
          "Routes {} are live, {} ms after the change",
          version.current(),
          Duration.ofNanos(System.nanoTime() - changedAt).toMillis());
      tell(AuditEntry.Outcome.allowed, Map.of("routes", version.current(), "was", was));
    } catch (RoutesRefused e) {
      keep(e.findings(), was);
    } catch (Exception e) {
      keep(List.of(Finding.of("routes", e)), was);
    }
  }

  private Map<String, Integer> readAtStart() {
    var all = new TreeMap<String, Integer>();
    folder.folders().forEach(each -> all.putAll(each.readAtStart()));
    return all;
  }

  private List<Finding> changedAtStartAlone() {
    var now = readAtStart();
    var names = new TreeSet<>(now.keySet());
    names.addAll(readAtStart.keySet());
    names.removeIf(name -> Objects.equals(now.get(name), readAtStart.get(name)));
    return names.stream().map(name -> Finding.of(name, "takes effect only at a start")).toList();
  }

  private void replace(RouteFiles files) throws Exception {
    var model = folder.check(files);
    var running = folder.running();
    var changed = files.changedSince(running);
    RoutesRefused.unlessEmpty(
        changed.stream()
            .flatMap(
                name ->
                    Stream.of(running.text(name), files.text(name))
                        .flatMap(text -> needingRestart(name, text).stream()))
            .toList());
    var everywhere =
        changed.stream()
            .anyMatch(
                name ->
                    !configurations(name, running.text(name))
                        .equals(configurations(name, files.text(name))));
    folder
        .live()
        .orElseThrow()
        .become(
            model.camel().getRouteDefinitions(),
            model.camel().getRouteConfigurationDefinitions(),
            route -> everywhere || changed.contains(file(route)));
  }

  private static String file(RouteDefinition route) {
    return RouteFile.nameOf(String.valueOf(route.getInput().getLocation()));
  }

  /**
   * The lines of each configuration in a file. They are compared because a configuration affects
   * routes of other files.
   */
  private static Map<Integer, List<String>> configurations(String name, String text) {
    var lines = text.lines().toList();
    var found = new TreeMap<Integer, List<String>>();
    RouteFile.parse(name, text).fields().stream()
        .filter(field -> field.parent().isEmpty() && field.key().equals("routeConfiguration"))
        .forEach(
            field -> {
              var end = Math.min(lines.size(), field.value().getEndMark().getLine() + 1);
              found.put(field.line(), lines.subList(field.line() - 1, end));
            });
    return found;
  }

  private static List<Finding> needingRestart(String name, String text) {
    return RouteFile.parse(name, text).fields().stream()
        .filter(
            field ->
                field.parent().isEmpty() && !LIVE.contains(field.key())
                    || field.key().equals("interceptSendToEndpoint"))
        .map(field -> field.finding("`%s` takes effect only at a start".formatted(field.key())))
        .toList();
  }

  private void keep(List<Finding> findings, String was) {
    refused = findings;
    LOG.error(LogMarkers.ANSWER, "The routes stay as they were, because the last save cannot run:");
    findings.forEach(finding -> LOG.error(LogMarkers.ANSWER, "{}", finding));
    tell(AuditEntry.Outcome.failed, Map.of("routes", was));
  }

  private void tell(AuditEntry.Outcome outcome, Map<String, String> metadata) {
    metrics.counter("outpost.routes.reloads", "outcome", outcome.name()).increment();
    var entry =
        AuditEntry.own(
            Ids.OPERATORS,
            Instant.now(),
            AuditAction.ROUTES_RELOADED,
            "/routes",
            outcome,
            metadata);
    try (var template = camel.createProducerTemplate()) {
      template.sendBody("direct:record-audit", entry);
    } catch (Exception e) {
      LOG.error("The reload of routes {} was not audited", metadata, e);
    }
  }
}
