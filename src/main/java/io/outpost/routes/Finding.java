package io.outpost.routes;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.PropertyBindingException;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * A fault in the routes, with its place.
 *
 * @param file folder and name, for example {@code api/jobs.camel.yaml}
 * @param line the line; the first is 1
 * @param route the id of the route or configuration; empty when there is none
 * @param step the id of the step, or its kind when it has none; empty when there is no step
 * @param fault a description, if possible with a suggestion
 */
public record Finding(String file, int line, String route, String step, String fault)
    implements Comparable<Finding> {

  private static final Comparator<Finding> ORDER =
      Comparator.comparing(Finding::file)
          .thenComparingInt(Finding::line)
          .thenComparing(Finding::fault);

  private static final Pattern CONTROL =
      Pattern.compile("[\\p{Cntrl}\\x{80}-\\x{9f}\\x{2028}\\x{2029}]");

  /** A fault of a whole file. */
  static Finding of(String file, String fault) {
    return new Finding(file, 1, "", "", fault);
  }

  /**
   * The fault at which Camel could not load a file: with its place or, if Camel names none, as the
   * exception's message.
   */
  static Finding of(String file, Throwable failure) {
    return first(MarkedYamlEngineException.class, failure)
        .filter(yaml -> yaml.getProblemMark().isPresent())
        .map(yaml -> marked(yaml, yaml.getProblemMark().get()))
        .or(() -> first(FailedToCreateRouteException.class, failure).map(Finding::ofRoute))
        .orElseGet(() -> of(file, told(failure)));
  }

  private static <T> Optional<T> first(Class<T> type, Throwable failure) {
    return causes(failure).filter(type::isInstance).map(type::cast).findFirst();
  }

  private static Stream<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, cause -> cause != null, Throwable::getCause).limit(20);
  }

  /** The fault at which a route could not start, without the whole route that Camel prints. */
  private static Finding ofRoute(FailedToCreateRouteException failure) {
    var location = String.valueOf(failure.getLocation());
    var option =
        first(PropertyBindingException.class, failure)
            .map(
                it ->
                    "the option `%s` cannot be `%s`: "
                        .formatted(it.getPropertyName(), it.getValue()))
            .orElse("cannot start: ");
    return new Finding(
        RouteFile.nameOf(location),
        1,
        String.valueOf(failure.getRouteId()),
        "",
        option + firstLine(deepest(failure)));
  }

  /** What an exception says and, where it says something else, its deepest cause. */
  private static String told(Throwable failure) {
    var said = firstLine(failure);
    var reason = firstLine(deepest(failure));
    return said.contains(reason) ? said : said + ": " + reason;
  }

  private static Throwable deepest(Throwable failure) {
    return causes(failure).reduce((before, cause) -> cause).orElse(failure);
  }

  private static String firstLine(Throwable failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }

  /** A fault that Jackson found in a file beside the routes. */
  static Finding of(String file, String what, JsonProcessingException failure) {
    var line = failure.getLocation() == null ? 1 : Math.max(1, failure.getLocation().getLineNr());
    var said = failure.getOriginalMessage().lines().findFirst().orElse("");
    var problem = said.replaceFirst(" \\(start marker at .*", "");
    return new Finding(file, line, "", "", what + problem);
  }

  private static Finding marked(MarkedYamlEngineException yaml, Mark at) {
    return new Finding(RouteFile.nameOf(at.getName()), at.getLine() + 1, "", "", yaml.getProblem());
  }

  @Override
  public int compareTo(Finding other) {
    return ORDER.compare(this, other);
  }

  /** The finding in one line: {@code file:line: route/step: fault}. */
  @Override
  public String toString() {
    var where =
        step.isEmpty() || step.equals(route) ? route : route.isEmpty() ? step : route + "/" + step;
    return inOneLine(
        "%s:%d: %s%s".formatted(file, line, where.isEmpty() ? "" : where + ": ", fault));
  }

  /** Escapes control characters, because names of files and ids may contain them. */
  private static String inOneLine(String text) {
    return CONTROL
        .matcher(text)
        .replaceAll(found -> "\\\\u%04x".formatted((int) found.group().charAt(0)));
  }
}
