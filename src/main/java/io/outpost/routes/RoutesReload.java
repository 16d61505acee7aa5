package io.outpost.routes;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.audit.AuditEntry;
import io.outpost.audit.RoutesVersion;
import io.outpost.kernel.Ids;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * Makes a file that was saved, added or removed in a folder of routes take effect while everything
 * runs: checked as at a start, and then all of it or, when anything is wrong, nothing. One thread
 * looks at the folders.
 */
@Component
class RoutesReload {

  private static final Logger LOG = LoggerFactory.getLogger(RoutesReload.class);
  private static final int LOOK_EVERY_MILLIS = 250;
  private static final String ACTION = "routes.reload";

  /** What a file may hold that can be exchanged while Camel runs. */
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
  private volatile String live = "";
  private volatile String seen = "";
  private volatile List<Finding> refused = List.of();

  /** What was told of already, and stays. */
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
      live = MountedFolder.fingerprint(folder.folders());
      seen = live;
      watch.scheduleWithFixedDelay(
          this::look, LOOK_EVERY_MILLIS, LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  @EventListener(ContextClosedEvent.class)
  void end() {
    watch.shutdownNow();
  }

  /** What was wrong with the last save; empty when it is live. */
  List<Finding> refused() {
    return refused;
  }

  /** A file that is being written is looked at again before it is read. */
  private void look() {
    try {
      var now = MountedFolder.fingerprint(folder.folders());
      if (now.equals(seen) && !now.equals(live)) {
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
      var files = folder.read();
      if (files.version().equals(was)) {
        refused = List.of();
        return;
      }
      replace(files);
      refused = List.of();
      folder.become(files);
      LOG.info("Routes {} are live", version.current());
      tell(AuditEntry.Outcome.allowed, Map.of("routes", version.current(), "was", was));
    } catch (RoutesRefused e) {
      keep(e.findings(), was);
    } catch (Exception e) {
      keep(List.of(Finding.of("routes", e)), was);
    }
  }

  private void replace(RouteFiles files) throws Exception {
    var known = folder.known();
    folder.check(files, known);
    var running = folder.running();
    var changed = files.changedSince(running);
    RoutesRefused.unlessEmpty(
        changed.stream()
            .flatMap(
                name ->
                    Stream.of(running.text(name), files.text(name))
                        .flatMap(text -> needingRestart(name, text).stream()))
            .toList());
    var model = new RouteModel(folder.all(files), folder::isAdded, known);
    var found = new ArrayList<>(model.findings());
    found.addAll(new ModelCheck(model.camel(), known.operations(), model.interceptions()).check());
    RoutesRefused.unlessEmpty(found);
    var everywhere =
        changed.stream()
            .anyMatch(
                name -> configures(name, running.text(name)) || configures(name, files.text(name)));
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

  /** Configurations reach into the routes of other files. */
  private static boolean configures(String name, String text) {
    return RouteFile.parse(name, text).fields().stream()
        .anyMatch(field -> field.parent().isEmpty() && field.key().equals("routeConfiguration"));
  }

  private static List<Finding> needingRestart(String name, String text) {
    return RouteFile.parse(name, text).fields().stream()
        .filter(
            field ->
                field.parent().isEmpty() && !LIVE.contains(field.key())
                    || field.key().equals("interceptSendToEndpoint"))
        .map(field -> field.finding("`%s` takes effect at a start alone".formatted(field.key())))
        .toList();
  }

  private void keep(List<Finding> findings, String was) {
    refused = findings;
    LOG.error("The routes stay as they were, for what was saved cannot run:");
    findings.forEach(finding -> LOG.error("{}", finding));
    tell(AuditEntry.Outcome.failed, Map.of("routes", was));
  }

  private void tell(AuditEntry.Outcome outcome, Map<String, String> metadata) {
    metrics.counter("outpost.routes.reloads", "outcome", outcome.name()).increment();
    var entry =
        new AuditEntry(
            Ids.ulid(),
            Ids.OPERATORS,
            Instant.now(),
            ACTION,
            "/routes",
            outcome,
            null,
            null,
            null,
            null,
            null,
            metadata);
    try (var template = camel.createProducerTemplate()) {
      template.sendBody("direct:record-audit", entry);
    } catch (Exception e) {
      LOG.error("The reload of routes {} was not audited", metadata, e);
    }
  }
}
