package io.outpost.routes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.support.processor.DelegateAsyncProcessor;

/**
 * Runs tests of routes in a separate context, without AWS, HTTP, queues or waiting. Used by one
 * thread.
 */
final class ScenarioRun implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper().findAndRegisterModules();

  private final TestableRoutes routes = new TestableRoutes();
  private final StandIns standIns = new StandIns();
  private final Map<String, Integer> visits = new ConcurrentHashMap<>();
  private final DefaultCamelContext camel;

  /** The ids of steps that run as written, without a stand-in. */
  private final Set<String> asWritten;

  /**
   * Builds the routes.
   *
   * @param files all route files
   * @param theirs names of the installation's own files
   */
  ScenarioRun(Collection<Resource> files, Collection<String> theirs, Known known) throws Exception {
    var rewritten = new ArrayList<Resource>();
    for (var file : files) {
      var name = RouteFile.nameOf(file.getLocation());
      try (var text = file.getInputStream()) {
        var parsed = RouteFile.parse(name, new String(text.readAllBytes(), StandardCharsets.UTF_8));
        rewritten.add(
            ResourceHelper.fromBytes(
                name, routes.rewrite(parsed).getBytes(StandardCharsets.UTF_8)));
      }
    }
    asWritten = new TreeSet<>(routes.places().keySet());
    asWritten.removeAll(routes.replaceable());
    var model = new RouteModel(rewritten, file -> theirs.contains(RouteFile.nameOf(file)), known);
    RoutesRefused.unlessEmpty(model.findings());
    camel = model.camel();
    camel
        .getCamelContextExtension()
        .setRegistry(new DefaultRegistry(new StandInRegistry(routes, standIns, known)));
    camel.getCamelContextExtension().addInterceptStrategy(new Visits());
    camel.setStreamCaching(false);
    camel.disableJMX();
    camel.getShutdownStrategy().setTimeout(1);
    camel.start();
  }

  /** Counts how often each step is reached. */
  private final class Visits implements InterceptStrategy {
    @Override
    public Processor wrapProcessorInInterceptors(
        org.apache.camel.CamelContext context, NamedNode step, Processor target, Processor next) {
      return new DelegateAsyncProcessor(target) {
        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
          visits.merge(step.getId(), 1, Integer::sum);
          try {
            if (asWritten.contains(step.getId())) {
              standIns.fault(step.getId());
            }
          } catch (Exception e) {
            exchange.setException(e);
            callback.done(true);
            return true;
          }
          return super.process(exchange, callback);
        }
      };
    }
  }

  /** Runs a test and returns its failed expectations. */
  List<Finding> run(Scenario test) {
    var faults = new ArrayList<Finding>();
    var route = String.valueOf(test.when().get("route"));
    var start = routes.start(route);
    if (start == null) {
      return List.of(
          test.finding(
              "there is no route `%s`%s"
                  .formatted(route, Suggestion.of(route, routes.startable()))));
    }
    for (var name : test.given().keySet()) {
      if (asWritten.contains(name)) {
        if (!Scenario.map(test.given().get(name)).keySet().equals(Set.of("throws"))) {
          faults.add(
              test.finding("`%s` runs as written: it may only be given throws".formatted(name)));
        }
      } else if (!routes.replaceable().contains(name)) {
        var meant = Suggestion.of(name, routes.replaceable());
        faults.add(test.finding("there is no step or value `%s`%s".formatted(name, meant)));
      }
    }
    standIns.begin(test.given());
    var exchange = new DefaultExchange(camel);
    exchange.getMessage().setBody(test.when().get("body"));
    Scenario.map(test.when().get("headers")).forEach(exchange.getMessage()::setHeader);
    Scenario.map(test.when().get("properties")).forEach(exchange::setProperty);
    Scenario.map(test.when().get("variables")).forEach(exchange::setVariable);
    try (var template = camel.createProducerTemplate()) {
      template.send(start, exchange);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    check(test, exchange, faults);
    return faults;
  }

  private void check(Scenario test, Exchange exchange, List<Finding> faults) {
    var then = test.then();
    var failure = exchange.getException();
    var wanted = then.get("fails");
    if (wanted == null && failure != null) {
      faults.add(test.finding("failed: " + failure));
    } else if (wanted != null
        && (failure == null || !failure.toString().contains(String.valueOf(wanted)))) {
      faults.add(test.finding("should fail with %s and ended with %s".formatted(wanted, failure)));
    }
    checkMessage(test, "", then, exchange, faults);
    var calls = standIns.calls();
    int from = 0;
    for (var call : Scenario.list(then.get("calls"))) {
      var at = calls.subList(from, calls.size()).indexOf(String.valueOf(call));
      if (at < 0) {
        faults.add(
            test.finding(
                "`%s` was not called%s; these were: %s"
                    .formatted(call, from == 0 ? "" : " after " + calls.get(from - 1), calls)));
      } else {
        from += at + 1;
      }
    }
    for (var call : Scenario.list(then.get("never"))) {
      if (calls.contains(String.valueOf(call))) {
        faults.add(test.finding("`%s` was called".formatted(call)));
      }
    }
    Scenario.map(then.get("sent"))
        .forEach(
            (step, message) -> {
              var given = standIns.given(step);
              if (given == null) {
                faults.add(
                    test.finding("`%s` was not called; these were: %s".formatted(step, calls)));
              } else {
                checkMessage(test, step + ": ", Scenario.map(message), given, faults);
              }
            });
  }

  private static void checkMessage(
      Scenario test,
      String where,
      Map<String, Object> wanted,
      Exchange exchange,
      List<Finding> faults) {
    if (wanted.containsKey("body")) {
      compare(test, where + "body", wanted.get("body"), exchange.getMessage().getBody(), faults);
    }
    Scenario.map(wanted.get("headers"))
        .forEach(
            (name, value) ->
                compare(
                    test,
                    where + "header " + name,
                    value,
                    exchange.getMessage().getHeader(name),
                    faults));
    Scenario.map(wanted.get("properties"))
        .forEach(
            (name, value) ->
                compare(
                    test, where + "property " + name, value, exchange.getProperty(name), faults));
    Scenario.map(wanted.get("variables"))
        .forEach(
            (name, value) ->
                compare(
                    test, where + "variable " + name, value, exchange.getVariable(name), faults));
  }

  private static void compare(
      Scenario test, String what, Object wanted, Object found, List<Finding> faults) {
    var want = JSON.<JsonNode>valueToTree(wanted);
    var have = tree(found, !want.isTextual());
    if (!fits(want, have)) {
      faults.add(test.finding("%s should be %s and is %s".formatted(what, want, have)));
    }
  }

  /**
   * Whether a result is as expected. Of an object only the expected fields are compared; texts and
   * numbers are compared as written.
   */
  private static boolean fits(JsonNode want, JsonNode have) {
    if (want.isObject()) {
      return have.isObject()
          && want.propertyStream()
              .allMatch(
                  field ->
                      have.has(field.getKey()) && fits(field.getValue(), have.get(field.getKey())));
    }
    if (want.isArray()) {
      if (!have.isArray() || want.size() != have.size()) {
        return false;
      }
      for (int i = 0; i < want.size(); i++) {
        if (!fits(want.get(i), have.get(i))) {
          return false;
        }
      }
      return true;
    }
    return want.isNull() ? have.isNull() : !have.isNull() && want.asText().equals(have.asText());
  }

  private static JsonNode tree(Object value, boolean asJson) {
    var text = value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : value;
    try {
      return text instanceof String json && asJson
          ? JSON.readTree(json)
          : JSON.<JsonNode>valueToTree(text);
    } catch (IOException | IllegalArgumentException e) {
      return JSON.<JsonNode>valueToTree(String.valueOf(text));
    }
  }

  /** The steps that no test has reached, each as file, line, route and step. */
  Collection<String> unreached() {
    var found = new TreeSet<String>();
    routes
        .places()
        .forEach(
            (id, place) -> {
              if (!visits.containsKey(id)) {
                found.add(place);
              }
            });
    return found;
  }

  /** For each file, how many of its steps were reached and how many it has. */
  Map<String, int[]> coverage() {
    var found = new TreeMap<String, int[]>();
    routes
        .places()
        .forEach(
            (id, place) -> {
              var count = found.computeIfAbsent(place.replaceFirst(":.*", ""), file -> new int[2]);
              count[0] += visits.containsKey(id) ? 1 : 0;
              count[1]++;
            });
    return new LinkedHashMap<>(found);
  }

  @Override
  public void close() {
    camel.stop();
  }
}
