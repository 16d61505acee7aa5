package io.outpost.routes;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.OptionalIdentifiedDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SetHeaderDefinition;
import org.apache.camel.model.WireTapDefinition;
import org.apache.camel.model.language.ConstantExpression;

/**
 * A map of the routes: their calls of each other, and the external things that each reads and
 * writes. Made from Camel's model. Immutable.
 *
 * @param routes by file, in the order of the file
 */
record RouteMap(List<Place> routes) {

  /**
   * A route.
   *
   * @param id its id
   * @param about its description
   * @param file folder and name
   * @param line the line at which it begins
   * @param start what starts it: an operation, a timer, a queue; empty when other routes do
   * @param calls ids of the routes that it calls
   * @param ends external things that it uses, for example {@code table jobs}
   * @param steps descriptions of its steps, by id
   */
  record Place(
      String id,
      String about,
      String file,
      int line,
      String start,
      SortedSet<String> calls,
      SortedSet<String> ends,
      Map<String, String> steps) {}

  static RouteMap of(Collection<RouteDefinition> definitions, Known known) {
    var starts = new LinkedHashMap<String, String>();
    definitions.forEach(route -> starts.put(direct(route), route.getRouteId()));
    var stores = new Stores();
    return new RouteMap(
        definitions.stream()
            .map(route -> place(route, starts, stores, known))
            .sorted(Comparator.comparing(Place::file).thenComparingInt(Place::line))
            .toList());
  }

  /** The names of the files, in order. */
  SortedSet<String> files() {
    var files = new TreeSet<String>();
    routes.forEach(route -> files.add(route.file()));
    return files;
  }

  /** All external things that routes use, in order. */
  SortedSet<String> ends() {
    var ends = new TreeSet<String>();
    routes.forEach(route -> ends.addAll(route.ends()));
    return ends;
  }

  private static Place place(
      RouteDefinition route, Map<String, String> starts, Stores stores, Known known) {
    var calls = new TreeSet<String>();
    var ends = new TreeSet<String>();
    Definitions.uris(route)
        .forEach(
            (step, uri) -> {
              if (!isOfRoute(step, route)) {
                return;
              }
              var called = starts.get(uri.replaceFirst("^direct:(//)?", "direct:"));
              if (called != null) {
                calls.add(called);
              }
              ends.addAll(ends(uri));
            });
    ends.addAll(ends(lanes(route.getInput().getEndpointUri(), known)));
    var steps = new LinkedHashMap<String, String>();
    for (var step : Definitions.steps(route)) {
      if (!isOfRoute(step, route)) {
        continue;
      }
      ends.addAll(touched(step, stores, known));
      if (step.getId() != null && step.hasCustomIdAssigned()) {
        steps.put(step.getId(), Objects.requireNonNullElse(step.getDescriptionText(), ""));
      }
    }
    return new Place(
        route.getRouteId(),
        Objects.requireNonNullElse(route.getDescriptionText(), "").strip(),
        RouteFile.nameOf(String.valueOf(route.getInput().getLocation())),
        route.getInput().getLineNumber(),
        start(route, known),
        calls,
        ends,
        steps);
  }

  /**
   * Whether a step belongs to the route itself, or is an installation's tap. Steps that
   * configurations add to every route are left out.
   */
  private static boolean isOfRoute(OptionalIdentifiedDefinition<?> step, RouteDefinition route) {
    return step instanceof WireTapDefinition
        || Objects.equals(step.getLocation(), route.getInput().getLocation());
  }

  private static String direct(RouteDefinition route) {
    return String.valueOf(route.getInput().getEndpointUri())
        .replaceFirst("^direct:(//)?", "direct:")
        .replaceFirst("\\?.*", "");
  }

  private static String start(RouteDefinition route, Known known) {
    var uri = direct(route);
    if (uri.startsWith("direct:")) {
      var name = uri.substring("direct:".length());
      return known.operations().contains(name) ? "operation " + name : "";
    }
    if (uri.startsWith("timer:")) {
      return "timer";
    }
    return uri.startsWith("rest-openapi:") ? "HTTP" : String.join(", ", ends(lanes(uri, known)));
  }

  /**
   * The external things that a step uses: those that its bean's class uses, or the queue that it
   * names in a header.
   */
  private static Set<String> touched(ProcessorDefinition<?> step, Stores stores, Known known) {
    if (step instanceof BeanDefinition bean && bean.getRef() != null) {
      var type = known.type().apply(bean.getRef());
      return type == null ? Set.of() : stores.of(type);
    }
    if (step instanceof SetHeaderDefinition header
        && "queue".equals(header.getName())
        && header.getExpression() instanceof ConstantExpression constant) {
      return Set.of("queue " + constant.getExpression());
    }
    return Set.of();
  }

  /** Fills in the lanes of jobs, which are a setting. */
  private static String lanes(String uri, Known known) {
    return uri.startsWith("jobs:{{")
        ? "jobs:" + known.setting().apply(uri.substring("jobs:{{".length(), uri.indexOf("}}")))
        : uri;
  }

  /** The display names of an external address. */
  private static List<String> ends(String uri) {
    var name = uri.replaceFirst("\\?.*", "").replaceFirst("^[a-z0-9+-]+:(//)?", "");
    var scheme = uri.replaceFirst("[:?].*", "");
    return switch (scheme) {
      case "aws2-sqs" -> List.of("queue " + withoutEnvironment(name));
      case "aws2-s3" -> List.of("bucket " + withoutEnvironment(name));
      case "aws2-sns" -> List.of("topic " + withoutEnvironment(name));
      case "jobs" ->
          Stream.of(name.split(",", -1))
              .map(lane -> "queue jobs-" + lane.replaceFirst("=.*", ""))
              .toList();
      case "direct", "timer", "log", "micrometer", "controlbus", "rest-openapi", "mock" ->
          List.of();
      default ->
          List.of(
              uri.startsWith("{{outpost.stripe.")
                  ? "Stripe"
                  : uri.startsWith("{{") || scheme.startsWith("http")
                      ? "HTTP " + Secretless.text(uri.replaceFirst("\\?.*", ""))
                      : scheme);
    };
  }

  private static String withoutEnvironment(String name) {
    return name.replaceFirst("^outpost-", "")
        .replaceFirst("-?\\{\\{outpost\\.env}}$", "")
        .replaceAll("\\{\\{outpost\\.(buckets\\.)?([a-z-]+)}}", "$2")
        .replaceFirst("notices-topic", "notices");
  }
}
