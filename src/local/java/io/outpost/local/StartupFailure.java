package io.outpost.local;

import io.outpost.routes.RoutesRefused;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.camel.FailedToCreateRouteException;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.springframework.beans.TypeMismatchException;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.web.server.PortInUseException;

/** Explains why the start failed, in one line with the remedy. */
final class StartupFailure {

  private static final String ROUTES = " (docs/routes.md tells what a route file is made of)";

  private StartupFailure() {}

  static String explain(Throwable failure) {
    return causes(failure)
        .map(StartupFailure::known)
        .flatMap(Optional::stream)
        .findFirst()
        .orElseGet(() -> text(root(failure)));
  }

  private static Optional<String> known(Throwable cause) {
    return Optional.ofNullable(
        switch (cause) {
          case RoutesRefused routes -> routes.getMessage();
          case PortInUseException port ->
              "port %d is taken; stop what uses it, or choose another: SERVER_PORT=8081 mvn spring-boot:test-run"
                  .formatted(port.getPort());
          case MarkedYamlEngineException yaml ->
              yaml.getProblemMark().map(at -> at(at) + yaml.getProblem() + ROUTES).orElse(null);
          case FailedToCreateRouteException route -> firstLine(route.getMessage()) + ROUTES;
          case BindException setting ->
              "the setting %s does not fit: %s".formatted(setting.getName(), text(root(setting)));
          case TypeMismatchException setting ->
              "the value of a setting does not fit: " + text(root(setting));
          default -> null;
        });
  }

  private static String at(Mark mark) {
    return "%s, line %d, column %d: "
        .formatted(mark.getName(), mark.getLine() + 1, mark.getColumn() + 1);
  }

  private static Stream<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, cause -> cause != null, Throwable::getCause).limit(100);
  }

  private static Throwable root(Throwable failure) {
    return causes(failure).reduce((outer, inner) -> inner).orElseThrow();
  }

  /**
   * The text of an exception. Our own messages are sentences; those of libraries may need the
   * exception's type to be understood.
   */
  private static String text(Throwable cause) {
    var message = String.valueOf(cause.getMessage());
    var isSentence = message.contains(" ");
    return firstLine(isSentence ? message : cause.toString());
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("no reason is known");
  }
}
