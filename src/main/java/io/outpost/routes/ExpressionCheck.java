package io.outpost.routes;

import io.outpost.routes.RouteFile.Field;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;

/** Checks whether expressions in the language {@code simple} can be parsed. */
final class ExpressionCheck {

  private static final Set<String> CONDITIONS =
      Set.of(
          "when", "filter", "validate", "onWhen", "completionPredicate", "retryWhile", "handled");

  private final CamelContext camel;

  ExpressionCheck(CamelContext camel) {
    this.camel = camel;
  }

  Optional<Finding> check(Field field) {
    var isSimple =
        field.key().equals("simple")
            || field.key().equals("precondition")
            || field.parent().equals("simple") && field.key().equals("expression");
    var isText = field.key().equals("message") && field.parent().equals("log");
    if (field.text().isEmpty() || !isSimple && !isText) {
      return Optional.empty();
    }
    var simple = camel.resolveLanguage("simple");
    try {
      if (isCondition(field)) {
        simple.createPredicate(filled(field.text()));
      } else {
        simple.createExpression(filled(field.text()));
      }
      return Optional.empty();
    } catch (RuntimeException e) {
      return Optional.of(field.finding("cannot read `%s`: %s".formatted(field.text(), reason(e))));
    }
  }

  private static boolean isCondition(Field field) {
    var isLoop = field.parent().equals("loop") && field.beside("doWhile").equals("true");
    return field.key().equals("precondition") || CONDITIONS.contains(field.parent()) || isLoop;
  }

  /**
   * Replaces settings and beans by harmless values: here only the syntax is checked, and {@link
   * NameCheck} looks the names up.
   */
  private static String filled(String text) {
    return text.replaceAll("\\{\\{[^}]*}}", "0")
        .replaceAll("\\$(?:simple)?\\{bean:[^}]*}", "\\${body}");
  }

  private static String reason(RuntimeException e) {
    var first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return first.replaceFirst(" at location \\d+$", "");
  }
}
