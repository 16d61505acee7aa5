package io.outpost.routes;

import io.outpost.routes.RouteFile.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Refuses what no route may use: programs, Java classes, files and environment variables in
 * expressions, and secrets of Outpost. {@link OptionCheck} refuses components that read a file.
 * Legitimate steps are beans or components; anything else could take over a flow. Stateless.
 */
final class ReachCheck {

  /** Classes by which an expression could reach beyond the message. */
  private static final Pattern FOREIGN =
      Pattern.compile(
          "(?:java|javax|jdk|sun|com\\.sun|org\\.springframework)\\..*"
              + "|org\\.apache\\.camel\\.component\\..*Component");

  private static final Pattern CLASS_VALUE = Pattern.compile("#(?:class|type):([\\w.$]+)");
  private static final Pattern CLASS_IN_SIMPLE =
      Pattern.compile("\\$(?:simple)?\\{(?:bean:type:|type:)([\\w.$]+)");
  private static final Pattern ENVIRONMENT =
      Pattern.compile("\\$(?:simple)?\\{(?:env|sysenv|sys)[.:]([\\w.-]+)");
  private static final Pattern INTO_JAVA =
      Pattern.compile(
          "\\$(?:simple)?\\{.*?(getClass|[cC]lassLoader|\\.class\\b|getContext|getCamelContext|exchange\\.context|[fF]romEndpoint|[uU]nitOfWork|camelContext(?!\\.stopping}))");
  private static final Pattern PLACEHOLDER =
      Pattern.compile(
          "\\{\\{[?!]?(?:(?:env|sys):)?([^}:]+)|\\$(?:simple)?\\{properties(?:Exist)?:([^}:]+)");

  /** The name of a setting that is put together from another setting or from the message. */
  private static final Pattern ASSEMBLED =
      Pattern.compile(
          "\\{\\{[^{}:]*\\{\\{[^{}]*|\\$(?:simple)?\\{properties(?:Exist)?:[^{}:]*[{][^{}]*");

  private static final Pattern WITH_DEFAULT =
      Pattern.compile("^\\{\\{[?!]?(?:(?:env|sys):)?[^{}:]+:([^{}]*)}}");

  /** Names of secret settings in any spelling: with capitals, dots or dashes. */
  private static final Pattern SECRET =
      Pattern.compile(
          "(?:outpost|aws|stripe).*(?:secretkey|accesskey|accesskeyid|adminkey|apikey|webhooksecrets?|token|password|credentials?\\w*)");

  private static final String PROGRAM = "`%s` runs code from text: call a bean instead";

  /**
   * The beginning of the only allowed address of {@code controlbus}: the shipped step that stops
   * and starts the lanes.
   */
  private static final String LANES = "controlbus:route?routeId=run-jobs&";

  private ReachCheck() {}

  /** A text in which the setting at the beginning is replaced by its default value. */
  static String withDefault(String text) {
    return WITH_DEFAULT.matcher(text.strip()).replaceFirst("$1");
  }

  /** Why an address is forbidden; empty when it is allowed. */
  static Optional<String> ofAddress(String scheme, String uri) {
    return switch (scheme) {
      case "language", "class" -> Optional.of(PROGRAM.formatted(scheme));
      case "controlbus" ->
          uri.startsWith(LANES)
              ? Optional.empty()
              : Optional.of("`controlbus` may stop routes that should run");
      default -> Optional.empty();
    };
  }

  static List<Finding> check(Field field) {
    var found = new ArrayList<Finding>();
    checkLanguage(field, found);
    classes(field)
        .filter(name -> FOREIGN.matcher(name).matches())
        .map("routes may not call `%s`: call a bean instead"::formatted)
        .forEach(fault -> found.add(field.finding(fault)));
    texts(field).forEach(text -> checkText(field, text, found));
    return found;
  }

  private static void checkLanguage(Field field, List<Finding> found) {
    var named = field.key().equals("language") && field.parent().equals("language");
    var name = named ? field.text() : field.key();
    if (name.equals("spel") && !field.parent().equals("parameters")) {
      found.add(field.finding(PROGRAM.formatted(name)));
    }
    if (field.parent().equals("beans") && field.key().startsWith("script")) {
      found.add(field.finding(PROGRAM.formatted(field.key())));
    }
  }

  private static Stream<String> classes(Field field) {
    var isCalled =
        field.key().equals("beanType")
            || Set.of("type", "builderClass").contains(field.key())
                && field.parent().equals("beans");
    return Stream.of(
            isCalled ? Stream.of(field.text()) : Stream.<String>empty(),
            named(field, CLASS_VALUE),
            named(field, CLASS_IN_SIMPLE))
        .flatMap(Function.identity())
        .map(name -> name.replaceFirst("^#(?:class|type):", ""))
        .distinct();
  }

  private static Stream<String> named(Field field, Pattern pattern) {
    return texts(field).flatMap(text -> pattern.matcher(text).results()).map(f -> f.group(1));
  }

  private static void checkText(Field field, String text, List<Finding> found) {
    if (withDefault(text).startsWith("resource:")) {
      found.add(field.finding("`resource:` reads a file: write its content here"));
    }
    ENVIRONMENT
        .matcher(text)
        .results()
        .map(each -> each.group(1))
        .map(name -> "`%s` is read as a setting: {{%s}}".formatted(name, setting(name)))
        .forEach(fault -> found.add(field.finding(fault)));
    INTO_JAVA
        .matcher(text)
        .results()
        .map(
            each -> "`%s` reaches beyond the message: call a bean instead".formatted(each.group(1)))
        .forEach(fault -> found.add(field.finding(fault)));
    ASSEMBLED
        .matcher(text)
        .results()
        .map(each -> "`%s` puts a setting's name together: write it out".formatted(each.group()))
        .forEach(fault -> found.add(field.finding(fault)));
    PLACEHOLDER
        .matcher(text)
        .results()
        .map(ReachCheck::nameIn)
        .filter(ReachCheck::isSecret)
        .map("`%s` is a secret of Outpost itself; routes may not use it"::formatted)
        .forEach(fault -> found.add(field.finding(fault)));
  }

  private static String nameIn(MatchResult placeholder) {
    return placeholder.group(1) == null ? placeholder.group(2) : placeholder.group(1);
  }

  private static boolean isSecret(String name) {
    var plain = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    return SECRET.matcher(plain).matches();
  }

  private static String setting(String variable) {
    return variable.toLowerCase(Locale.ROOT).replace('_', '.');
  }

  private static Stream<String> texts(Field field) {
    return field.value() instanceof SequenceNode list
        ? list.getValue().stream().map(RouteFile::key)
        : Stream.of(field.text());
  }
}
