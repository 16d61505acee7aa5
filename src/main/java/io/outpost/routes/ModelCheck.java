package io.outpost.routes;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.InterceptDefinition;
import org.apache.camel.model.InterceptFromDefinition;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.OptionalIdentifiedDefinition;
import org.apache.camel.model.PollDefinition;
import org.apache.camel.model.PollEnrichDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDefinition;
import org.apache.camel.model.errorhandler.DeadLetterChannelDefinition;
import org.apache.camel.support.PatternHelper;
import org.apache.camel.util.StringHelper;
import org.jspecify.annotations.Nullable;

/**
 * Checks the model that Camel makes of all files, with interceptions and configurations applied,
 * because what they do counts, and not how the files look. Used by one thread.
 */
final class ModelCheck {

  /** The id of the route of admission, which runs before every operation. */
  static final String ADMISSION = "admit-request";

  /** The steps that admission must have, in this order, each as bean and method. */
  private static final Map<String, List<String>> ADMISSION_STEPS =
      Map.of(
          ADMISSION,
          List.of(
              "admission.begin",
              "authentication.authenticate",
              "rateLimits.take",
              "authentication.checkStanding",
              "admission.authorize",
              "admission.validate"));

  /** Components that receive requests from the network. */
  private static final Set<String> SERVERS =
      Set.of(
          "platform-http",
          "rest",
          "rest-api",
          "servlet",
          "jetty",
          "undertow",
          "netty",
          "netty-http",
          "vertx-http",
          "vertx-websocket",
          "websocket",
          "atmosphere-websocket",
          "mina",
          "coap",
          "grpc",
          "cxf",
          "cxfrs",
          "spring-ws",
          "webhook",
          "http",
          "https",
          "knative",
          "iec60870-server");

  private static final String NO_KEY =
      "`%s` takes requests without a key: add an operation to the contract and start the route at"
          + " direct:<operationId>";

  /** Addresses whose messages only routes of this program receive. */
  private static final Pattern CALL = Pattern.compile("(?:direct|seda):[^$]*");

  private static final String LANE = "\\s*[\\w-]+\\s*=\\s*[1-9]\\d{0,3}\\s*";

  /** Where workers take jobs: the queues, each with its weight. */
  private static final Pattern LANES = Pattern.compile("jobs:" + LANE + "(?:," + LANE + ")*+");

  private static final String CONTRACT = "rest-openapi";

  private final Map<String, List<String>> required;
  private final Function<String, Optional<String>> refused;
  private final CamelContext camel;
  private final Collection<RouteDefinition> routes;
  private final Collection<String> operations;
  private final Interceptions interceptions;
  private final List<Finding> findings = new ArrayList<>();
  private final Map<String, RouteDefinition> starts = new LinkedHashMap<>();

  /** Checks routes whose addresses were checked before, as text. */
  ModelCheck(ModelCamelContext camel, Collection<String> operations, Interceptions interceptions) {
    this(camel, operations, interceptions, Map.of(), address -> Optional.empty());
  }

  /**
   * @param operations the operationIds of the contract
   * @param required the steps that routes must have besides those of admission, as in the
   *     vocabulary
   * @param refused says why no route may use an address; checked again here, because the addresses
   *     of template routes are known only in the model
   */
  ModelCheck(
      ModelCamelContext camel,
      Collection<String> operations,
      Interceptions interceptions,
      Map<String, List<String>> required,
      Function<String, Optional<String>> refused) {
    this.required = required;
    this.refused = refused;
    this.camel = camel;
    this.routes = camel.getRouteDefinitions();
    this.operations = operations;
    this.interceptions = interceptions;
  }

  List<Finding> check() {
    checkRests();
    if (!findings.isEmpty()) {
      return findings;
    }
    routes.forEach(this::checkStart);
    routes.forEach(this::checkCalls);
    checkCycles();
    checkConfigurations();
    routes.forEach(this::checkConfigurationOf);
    checkAdmission();
    return findings;
  }

  /**
   * Refuses REST definitions other than the contract. Camel would inline their routes into the
   * callers, and faults would be reported for the wrong files.
   */
  private void checkRests() {
    for (var rest : ((ModelCamelContext) camel).getRestDefinitions()) {
      if (!rest.getVerbs().isEmpty() || rest.getOpenApi() == null) {
        var file = rest.getResource() == null ? "" : rest.getResource().getLocation();
        add(file, rest.getId(), rest, NO_KEY.formatted("rest"));
      } else if (!"ref:contract.json".equals(rest.getOpenApi().getSpecification())) {
        var file = rest.getResource() == null ? "" : rest.getResource().getLocation();
        add(
            file,
            rest.getId(),
            rest,
            "`specification` must be ref:contract.json: operations of another document would be open");
      }
    }
  }

  private void checkStart(RouteDefinition route) {
    var uri = start(route);
    if (uri.startsWith("jobs:") && !LANES.matcher(uri).matches()) {
      var fault =
          "`%s` wants lanes with weights from 1 to 9999, as in `jobs:high=6,normal=3,low=1`";
      add(route, route.getInput(), fault.formatted(uri));
    }
    for (var source : sources(uri)) {
      var other = starts.putIfAbsent(source, route);
      if (other != null) {
        var isTheirs = interceptions.isTheirs(other) && !interceptions.isTheirs(route);
        var late = isTheirs ? other : route;
        var first = late == route ? other : route;
        add(
            late,
            late.getInput(),
            "%s starts the route `%s` already (%s)"
                .formatted(source, first.getRouteId(), place(first)));
      }
    }
    if (uri.startsWith(CONTRACT + ":")
        && routes.stream().anyMatch(r -> r != route && start(r).startsWith(CONTRACT + ":"))) {
      add(
          route,
          route.getInput(),
          "a second contract is served: there is one, set by OUTPOST_CONTRACT");
    } else if (SERVERS.contains(StringHelper.before(uri, ":", uri))) {
      add(route, route.getInput(), NO_KEY.formatted(StringHelper.before(uri, ":", uri)));
    }
  }

  /**
   * The sources at an address that only one route can consume. If two did, one would get nothing,
   * or each would get a part.
   */
  private List<String> sources(String uri) {
    if (uri.startsWith("jobs:")) {
      return Stream.of(uri.substring(5).split(",", -1))
          .map(lane -> "the queue jobs-" + lane.replaceFirst("=.*", "").strip())
          .toList();
    }
    if (uri.startsWith("aws2-sqs:")) {
      var queue = camel.resolvePropertyPlaceholders("outpost-(.*)-{{outpost.env}}");
      return List.of("the queue " + uri.substring(9).replaceFirst("^" + queue + "$", "$1"));
    }
    return CALL.matcher(uri).matches() ? List.of(uri) : List.of();
  }

  private void checkCalls(RouteDefinition route) {
    Definitions.uris(route).forEach((step, to) -> checkCall(route, step, uri(route, to)));
    for (var step : Definitions.steps(route)) {
      Definitions.choices(step).forEach(to -> checkCall(route, step, uri(route, to)));
    }
    if (route.getErrorHandlerFactory() instanceof DeadLetterChannelDefinition dead) {
      checkCall(route, route, uri(route, dead.getDeadLetterUri()));
    }
  }

  private void checkCall(RouteDefinition route, OptionalIdentifiedDefinition<?> step, String to) {
    if (!Definitions.ofTemplate(route).isEmpty()) {
      refused.apply(to).ifPresent(fault -> add(route, step, fault));
    }
    if (step instanceof PollDefinition || step instanceof PollEnrichDefinition) {
      checkPoll(route, step, to);
    } else if (CALL.matcher(to).matches() && !starts.containsKey(to)) {
      var fault = "no route starts at %s%s";
      add(route, step, fault.formatted(to, Suggestion.of(to, starts.keySet())));
    }
  }

  /** Checks a polling step, which consumes a source just as a route that starts there. */
  private void checkPoll(RouteDefinition route, OptionalIdentifiedDefinition<?> step, String from) {
    var scheme = StringHelper.before(from, ":", from);
    if (SERVERS.contains(scheme)
        && !scheme.matches("https?")) { // http only sends a request when it is polled
      add(route, step, NO_KEY.formatted(scheme));
    }
    for (var source : sources(from)) {
      var other = starts.get(source);
      if (other != null) {
        var fault = "%s starts the route `%s` (%s): fetch nothing from it";
        add(route, step, fault.formatted(source, other.getRouteId(), place(other)));
      }
    }
  }

  /** Finds every cycle of routes, and reports each once. */
  private void checkCycles() {
    var done = new LinkedHashSet<String>();
    for (var route : starts.values()) {
      follow(route, new ArrayList<>(), done);
    }
  }

  private void follow(RouteDefinition route, List<String> path, Set<String> done) {
    if (path.contains(route.getRouteId())) {
      var cycle = new ArrayList<>(path.subList(path.indexOf(route.getRouteId()), path.size()));
      cycle.add(route.getRouteId());
      var theirs =
          routes.stream()
              .filter(each -> cycle.contains(each.getRouteId()) && interceptions.isTheirs(each))
              .findFirst()
              .orElse(route);
      add(theirs, theirs.getInput(), "calls itself: " + String.join(" -> ", cycle));
      return;
    }
    if (!done.contains(route.getRouteId())) {
      path.add(route.getRouteId());
      for (var called : leadsTo(route)) {
        if (starts.containsKey(called)) {
          follow(starts.get(called), path, done);
        }
      }
      path.removeLast();
      done.add(route.getRouteId());
    }
  }

  private void checkConfigurations() {
    for (var it : ((ModelCamelContext) camel).getRouteConfigurationDefinitions()) {
      var id = interceptions.idOf(it);
      for (var interception : it.getInterceptFroms()) {
        // A configuration with a precondition may be inactive, so it need not intercept anything.
        if (it.getPrecondition() == null
            && routes.stream().noneMatch(route -> route.getOutputs().contains(interception))) {
          add(
              Interceptions.locationOf(it),
              id,
              interception,
              "intercepts nothing: no route starts at %s%s"
                  .formatted(
                      interception.getUri(),
                      Suggestion.of(String.valueOf(interception.getUri()), starts.keySet())));
        }
      }
      for (var interception : it.getInterceptSendTos()) {
        var pattern = String.valueOf(interception.getUri());
        // Only addresses of routes are known here: at run time a message may name any other
        // address.
        if (pattern.startsWith("direct:")
            && starts.keySet().stream().noneMatch(to -> PatternHelper.matchPattern(to, pattern))) {
          var fault = "intercepts nothing: no route starts at %s%s";
          add(
              Interceptions.locationOf(it),
              id,
              interception,
              fault.formatted(pattern, Suggestion.of(pattern, starts.keySet())));
        }
      }
      if (id != null
          && !id.startsWith(Interceptions.EVERYWHERE)
          && routes.stream().noneMatch(route -> names(route).contains(id))) {
        add(
            Interceptions.locationOf(it),
            id,
            it,
            "the configuration `%s` applies to no route: name it in a route's routeConfigurationId, or begin its id with %s to have it apply to all"
                .formatted(id, Interceptions.EVERYWHERE));
      }
    }
  }

  private void checkConfigurationOf(RouteDefinition route) {
    var there =
        ((ModelCamelContext) camel)
            .getRouteConfigurationDefinitions().stream()
                .map(interceptions::idOf)
                .filter(id -> id != null)
                .toList();
    for (var name : names(route)) {
      if (!there.contains(name)) {
        add(
            route,
            route,
            "there is no configuration `%s`%s".formatted(name, Suggestion.of(name, there)));
      }
    }
  }

  private static List<String> names(RouteDefinition route) {
    var names = route.getRouteConfigurationId();
    return names == null ? List.of() : List.of(names.strip().split("\\s*,\\s*"));
  }

  /**
   * Checks that each operation is entered only through admission, and that admission is complete.
   */
  private void checkAdmission() {
    var isServed = routes.stream().anyMatch(r -> start(r).startsWith(CONTRACT));
    checkServing(isServed);
    for (var operation : operations) {
      var route = starts.get("direct:" + operation);
      if (route == null && isServed) {
        findings.add(
            Finding.of(
                "contract",
                "the operation `%s` has no route: start one at direct:%s%s"
                    .formatted(
                        operation,
                        operation,
                        Suggestion.of("direct:" + operation, starts.keySet()))));
      }
      if (route != null && !isAdmitted(route)) {
        add(
            route,
            route.getInput(),
            "the operation `%s` does not pass admission: a configuration whose id begins with %s must intercept direct:%s and call direct:%s"
                .formatted(operation, Interceptions.EVERYWHERE, operation, ADMISSION));
      }
    }
    checkRequired();
  }

  private void checkRequired() {
    Stream.of(ADMISSION_STEPS, required)
        .map(steps -> new RequiredCheck(starts, steps))
        .forEach(
            check ->
                check
                    .missing()
                    .forEach(
                        (route, step) ->
                            add(
                                route,
                                route.getInput(),
                                "lacks the step %s, or has it disabled or in another place"
                                    .formatted(step))));
  }

  /** Checks that the contract's operations are served, and that their failures are answered. */
  private void checkServing(boolean isServed) {
    var hasOperation = operations.stream().map("direct:"::concat).anyMatch(starts::containsKey);
    if (hasOperation && !isServed) {
      findings.add(
          Finding.of(
              RoutesCheck.CONTRACT,
              "the contract is not served: a `rest` with `openApi` must stand here"));
    }
    var answers =
        ((ModelCamelContext) camel)
            .getRouteConfigurationDefinitions().stream()
                .filter(
                    it ->
                        String.valueOf(interceptions.idOf(it)).startsWith(Interceptions.EVERYWHERE))
                .flatMap(it -> it.getOnExceptions().stream())
                .filter(failure -> failure.getExceptions().contains(Exception.class.getName()))
                .flatMap(failure -> failure.getOutputs().stream())
                .anyMatch(
                    step ->
                        step instanceof BeanDefinition bean
                            && !RequiredCheck.isDisabled(bean)
                            && "problemAnswer".equals(bean.getRef())
                            && "fail".equals(bean.getMethod()));
    if (hasOperation && isServed && !answers) {
      findings.add(
          Finding.of(
              "api/errors.camel.yaml",
              "no failure is answered: a configuration whose id begins with %s must call problemAnswer.fail for java.lang.Exception"
                  .formatted(Interceptions.EVERYWHERE)));
    }
  }

  private static boolean isAdmitted(RouteDefinition route) {
    for (ProcessorDefinition<?> output : route.getOutputs()) {
      if (output instanceof InterceptFromDefinition from && callsAdmission(from)) {
        return true;
      }
      if (!output.isAbstract() && !(output instanceof InterceptDefinition)) {
        return false;
      }
    }
    return false;
  }

  private static boolean callsAdmission(InterceptFromDefinition from) {
    return from.getOnWhen() == null
        && !RequiredCheck.isDisabled(from)
        && !from.getOutputs().isEmpty()
        && from.getOutputs().get(0) instanceof ToDefinition to
        && ("direct:" + ADMISSION).equals(to.getEndpointUri())
        && !RequiredCheck.isDisabled(to);
  }

  /** The steps of a route that call other routes, each with its target. */
  private Map<OptionalIdentifiedDefinition<?>, String> calls(RouteDefinition route) {
    var found = new LinkedHashMap<OptionalIdentifiedDefinition<?>, String>();
    Definitions.uris(route)
        .forEach(
            (step, uri) -> {
              var to = uri(route, uri);
              if (CALL.matcher(to).matches()) {
                found.put(step, to);
              }
            });
    return found;
  }

  /** All routes that a message can reach from this one, by a call, a choice or a failure. */
  private Set<String> leadsTo(RouteDefinition route) {
    var all = new TreeSet<>(calls(route).values());
    for (var step : Definitions.steps(route)) {
      Definitions.choices(step).forEach(to -> all.add(uri(route, to)));
    }
    if (route.getErrorHandlerFactory() instanceof DeadLetterChannelDefinition dead) {
      all.add(uri(route, dead.getDeadLetterUri()));
    }
    return all;
  }

  private String start(RouteDefinition route) {
    return uri(route, route.getInput().getEndpointUri());
  }

  /** An address without its options; settings and template parameters are filled in. */
  private String uri(RouteDefinition route, @Nullable String uri) {
    var written = uri == null ? "" : uri;
    for (var given : Definitions.ofTemplate(route).entrySet()) {
      written = written.replace("{{" + given.getKey() + "}}", String.valueOf(given.getValue()));
    }
    var filled = camel.resolvePropertyPlaceholders(written);
    return StringHelper.before(filled, "?", filled).replaceFirst("^([\\w-]+):/{2,}", "$1:");
  }

  private static String place(RouteDefinition route) {
    return RouteFile.nameOf(String.valueOf(route.getInput().getLocation()))
        + ":"
        + route.getInput().getLineNumber();
  }

  private void add(RouteDefinition route, OptionalIdentifiedDefinition<?> at, String fault) {
    var known = at.getLocation() != null;
    var step =
        at == route || at == route.getInput()
            ? ""
            : String.valueOf(at.getId() == null ? at.getShortName() : at.getId());
    findings.add(
        new Finding(
            RouteFile.nameOf(
                String.valueOf(known ? at.getLocation() : route.getInput().getLocation())),
            Math.max(1, known ? at.getLineNumber() : route.getInput().getLineNumber()),
            String.valueOf(route.getRouteId()),
            step,
            fault));
  }

  private void add(
      String file,
      @Nullable String configuration,
      OptionalIdentifiedDefinition<?> at,
      String fault) {
    findings.add(
        new Finding(
            RouteFile.nameOf(file),
            Math.max(1, at.getLineNumber()),
            configuration == null ? "" : configuration,
            at.getId() == null || at.getId().equals(configuration) ? "" : at.getId(),
            fault));
  }
}
