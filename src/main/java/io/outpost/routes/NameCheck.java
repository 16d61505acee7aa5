package io.outpost.routes;

import io.outpost.routes.RouteFile.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Handler;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * Looks up every name that route files use: beans and their methods, settings, lanes, properties
 * and variables with their fields, and ids. Used by one thread.
 */
final class NameCheck {

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([?!]?)([^}:]+)(:[^}]*)?}}");
  private static final Pattern BEAN_IN_SIMPLE =
      Pattern.compile(
          "\\$(?:simple)?\\{(?:bean|ref):(?!type:)(\\w+)(?:(?:\\?method=|::|\\.)(\\w+))?");
  private static final Pattern WORD_IN_SIMPLE =
      Pattern.compile(
          "\\$\\{(exchangeProperty|variable)(?:\\.|:|\\[['\"]?)([A-Za-z][\\w-]*)['\"]?]?((?:\\??\\.\\w+)*)");
  private static final Pattern SETTING_IN_SIMPLE =
      Pattern.compile("\\$(?:simple)?\\{properties(?:Exist)?:([^{}:]+)(:[^}]*)?}");
  private static final Pattern BEAN_ADDRESS =
      Pattern.compile("bean:(?://)?(\\w+)(?:\\?(?:.*&)?method=(\\w+))?.*");
  private static final Pattern REFERENCE = Pattern.compile("#(?:bean:)?(\\w+)");
  private static final Pattern CLASS =
      Pattern.compile("(?:#class:)?((?:[a-z]\\w*\\.){2,}[A-Z][\\w$]*)");
  private static final Pattern LANE = Pattern.compile("([\\w-]+)\\s*=\\s*\\d+");
  private static final Set<String> CALLS = Set.of("bean", "method");

  /** Fields whose plain value is the name of a bean. */
  private static final Set<String> REFERENCES =
      Set.of(
          "aggregationStrategy",
          "onPrepare",
          "executorService",
          "comparator",
          "factoryBean",
          "idempotentRepository",
          "onRedeliveryRef",
          "onExceptionOccurredRef",
          "redeliveryPolicyRef");

  /**
   * Elements in which the field {@code ref} is checked together with a method, or is a name of
   * another kind.
   */
  private static final Set<String> OTHER_REFERENCES =
      Set.of("bean", "method", "parameters", "properties");

  /** Prefixes with which Camel looks up values outside the settings, as in {@code {{env:HOME}}}. */
  private static final Map<String, Function<String, @Nullable String>> ELSEWHERE =
      Map.of("env", System::getenv, "sys", System::getProperty);

  /** Prefixes with which Camel looks up services in Kubernetes. */
  private static final Set<String> SERVICES = Set.of("service", "service.host", "service.port");

  /** Prefixes after which the colon does not begin a default value. */
  private static final List<String> FUNCTIONS = List.of("env", "sys", "bean");

  private final Known known;
  private final Vocabulary vocabulary;
  private final List<Field> fields;
  private final Set<String> set = new LinkedHashSet<>();
  private final Set<String> ownBeans;

  /** The names of template parameters, which are written like settings. */
  private final Set<String> ofTemplates;

  private final List<Finding> findings = new ArrayList<>();

  /**
   * @param files all files of a role, because one file may read what another sets
   */
  NameCheck(Known known, Vocabulary vocabulary, Collection<RouteFile> files) {
    this.known = known;
    this.vocabulary = vocabulary;
    this.fields = files.stream().flatMap(file -> file.fields().stream()).toList();
    fields.stream()
        .filter(NameCheck::setsAWord)
        .forEach(
            field ->
                set.add(field.key().startsWith("variable") ? field.text() : field.beside("name")));
    ownBeans = names("beans");
    ofTemplates = names("parameters");
  }

  private Set<String> names(String parent) {
    return fields.stream()
        .filter(field -> field.parent().equals(parent) && field.key().equals("name"))
        .map(Field::text)
        .collect(Collectors.toSet());
  }

  /** Checks some of the files; returns their faults. */
  List<Finding> check(Set<String> asked) {
    checkIds(asked);
    for (var field : fields) {
      if (asked.contains(field.file())) {
        checkBean(field);
        checkReference(field);
        checkOwnBean(field);
        checkTexts(field);
        checkLanes(field);
        checkWords(field);
      }
    }
    return findings;
  }

  private void checkIds(Set<String> asked) {
    Map<String, Field> seen = new HashMap<>();
    for (var field : fields) {
      if (field.key().equals("id") && !field.text().isEmpty()) {
        var other = seen.putIfAbsent(field.text(), field);
        if (other != null && (asked.contains(field.file()) || asked.contains(other.file()))) {
          var late = asked.contains(field.file()) ? field : other;
          var first = late == field ? other : field;
          var place = "%s:%d".formatted(first.file(), first.line());
          findings.add(
              late.finding("the id `%s` is taken already (%s)".formatted(field.text(), place)));
        }
      }
    }
  }

  private void checkBean(Field field) {
    if (field.key().equals("bean")
        && field.parent().equals("steps")
        && field.value() instanceof org.yaml.snakeyaml.nodes.MappingNode call
        && Stream.of("ref", "beanType").allMatch(name -> RouteFile.text(call, name).isEmpty())) {
      findings.add(field.finding("`bean` needs `ref`"));
    }
    if (field.key().equals("beanType") && CALLS.contains(field.parent())) {
      var type = load(field.text());
      if (type != null) {
        checkMethod(field, "class `" + field.text() + "`", type, field.beside("method"));
      }
    }
    if (field.key().equals("beanName") && field.parent().equals("parameters")) {
      checkCall(field, field.text(), field.beside("method"));
    }
    if (field.key().equals("ref") && CALLS.contains(field.parent())) {
      checkCall(field, field.text(), field.beside("method"));
      if (field.parent().equals("bean") && field.beside("method").isEmpty()) {
        checkChoice(field);
      }
    } else if (CALLS.contains(field.key())
        && field.value() instanceof org.yaml.snakeyaml.nodes.ScalarNode
        && field.parent().equals("steps")) {
      checkCall(field, field.text(), "");
    }
  }

  private void checkCall(Field field, String bean, String call) {
    if (ownBeans.contains(bean) || bean.matches("|#.*|.*\\{\\{.*")) {
      return;
    }
    var type = known.type().apply(bean);
    if (type == null) {
      findings.add(
          field.finding(
              "there is no bean `%s`%s".formatted(bean, Suggestion.of(bean, known.beans()))));
      return;
    }
    checkMethod(field, "bean `" + bean + "`", type, call);
  }

  private void checkMethod(Field field, String callee, Class<?> type, String call) {
    var method = call.replaceFirst("(?s)\\(.*", "").strip();
    var methods =
        Arrays.stream(type.getMethods())
            .filter(each -> each.getDeclaringClass() != Object.class)
            .collect(Collectors.groupingBy(Method::getName, TreeMap::new, Collectors.toList()));
    if (!method.isEmpty() && !methods.containsKey(method)) {
      findings.add(
          field.finding(
              "the %s has no method `%s`%s"
                  .formatted(callee, method, Suggestion.of(method, methods.keySet()))));
    } else if (call.strip().endsWith(")")) {
      checkValues(field, method, methods.getOrDefault(method, List.of()), call);
    }
  }

  /** Checks the number of values in brackets, which replace the arguments of a method. */
  private void checkValues(Field field, String name, List<Method> methods, String call) {
    var given = values(call.substring(call.indexOf('(') + 1, call.lastIndexOf(')')));
    var taken = methods.stream().map(Method::getParameterCount).distinct().sorted().toList();
    if (methods.stream().noneMatch(method -> takes(method, given))) {
      findings.add(
          field.finding(
              "the method `%s` takes %s values, not %d"
                  .formatted(
                      name,
                      taken.stream().map(String::valueOf).collect(Collectors.joining(" or ")),
                      given)));
    }
  }

  /**
   * Whether a method can be called with this many values. Camel finds the remaining arguments by
   * annotations and types; empty brackets mean a method without arguments.
   */
  private static boolean takes(Method method, int given) {
    var parameters = method.getParameters();
    return given == 0
        ? parameters.length == 0
        : given <= parameters.length
            && Arrays.stream(parameters)
                .skip(given)
                .allMatch(
                    rest ->
                        rest.getAnnotations().length > 0
                            || rest.getType().getName().startsWith("org.apache.camel."));
  }

  /** The number of values in a list, in which quotes and brackets may contain commas. */
  private static int values(String list) {
    int depth = 0;
    int commas = 0;
    char quote = 0;
    for (char c : list.toCharArray()) {
      if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '(' || c == '{' || c == '[') {
        depth++;
      } else if (c == ')' || c == '}' || c == ']') {
        depth--;
      } else if (c == ',' && depth == 0) {
        commas++;
      }
    }
    return list.isBlank() ? 0 : commas + 1;
  }

  /**
   * Requires a method name where a bean has several: Camel would choose one by the message, or
   * none.
   */
  private void checkChoice(Field field) {
    var type = known.type().apply(field.text());
    if (type == null || Processor.class.isAssignableFrom(type)) {
      return;
    }
    var methods =
        Arrays.stream(type.getDeclaredMethods())
            .filter(each -> Modifier.isPublic(each.getModifiers()) && !each.isSynthetic())
            .toList();
    var names =
        methods.stream().map(Method::getName).collect(Collectors.toCollection(TreeSet::new));
    if (names.size() > 1 && methods.stream().noneMatch(m -> m.isAnnotationPresent(Handler.class))) {
      findings.add(
          field.finding(
              "name a `method` of the bean `%s`: %s"
                  .formatted(field.text(), String.join(", ", names))));
    }
  }

  private void checkReference(Field field) {
    var isProcess = field.key().equals("ref") && field.parent().equals("process");
    var name = field.text();
    var isRef = field.key().equals("ref") && !OTHER_REFERENCES.contains(field.parent());
    if (!isRef && !REFERENCES.contains(field.key())
        || !name.matches("\\w+")
        || ownBeans.contains(name)) {
      return;
    }
    var type = known.type().apply(name);
    if (type == null) {
      findings.add(
          field.finding(
              "there is no bean `%s`%s".formatted(name, Suggestion.of(name, known.beans()))));
    } else if (isProcess && !Processor.class.isAssignableFrom(type)) {
      findings.add(
          field.finding("`%s` is no Processor: call it with a `bean` step".formatted(name)));
    }
  }

  /**
   * Refuses a bean with the name of one of ours, because Camel would keep ours and ignore the new
   * one.
   */
  private void checkOwnBean(Field field) {
    if (field.parent().equals("beans")
        && field.key().equals("name")
        && known.type().apply(field.text()) != null) {
      findings.add(
          field.finding(
              "the bean name `%s` is taken by Outpost: choose another".formatted(field.text())));
    }
  }

  private void checkTexts(Field field) {
    texts(field)
        .forEach(
            text -> {
              checkPlaceholders(field, text);
              matchOf(BEAN_ADDRESS, text).forEach(found -> checkAddress(field, found));
              BEAN_IN_SIMPLE
                  .matcher(text)
                  .results()
                  .forEach(
                      found ->
                          checkCall(
                              field, found.group(1), found.group(2) == null ? "" : found.group(2)));
              WORD_IN_SIMPLE.matcher(text).results().forEach(found -> checkWord(field, found));
              match(REFERENCE, text)
                  .filter(name -> known.type().apply(name) == null && !ownBeans.contains(name))
                  .forEach(
                      name ->
                          findings.add(
                              field.finding(
                                  "there is no bean `%s`%s"
                                      .formatted(name, Suggestion.of(name, known.beans())))));
              match(CLASS, text)
                  .filter(name -> load(name) == null)
                  .forEach(
                      name ->
                          findings.add(field.finding("there is no class `%s`".formatted(name))));
            });
  }

  private void checkAddress(Field field, MatchResult found) {
    if (field.key().equals("uri") || field.parent().equals("steps")) {
      checkCall(field, found.group(1), found.group(2) == null ? "" : found.group(2));
    }
  }

  private void checkPlaceholders(Field field, String text) {
    var open = text.lastIndexOf("{{");
    if (open >= 0 && text.indexOf("}}", open) < 0) {
      findings.add(field.finding("`%s` is never closed with `}}`".formatted(text.substring(open))));
    }
    if (text.contains("{{}}")) {
      findings.add(field.finding("`{{}}` has no name of a setting"));
    }
    PLACEHOLDER
        .matcher(text)
        .results()
        .filter(found -> found.group(1).isEmpty())
        .forEach(found -> checkPlaceholder(field, found.group(2), found.group(3)));
    SETTING_IN_SIMPLE
        .matcher(text)
        .results()
        .filter(found -> found.group(2) == null)
        .forEach(found -> checkPlaceholder(field, found.group(1), null));
  }

  /**
   * @param rest the text from the colon on, which is a default value or, after a name such as
   *     {@code env}, what is looked up; null without a colon
   */
  private void checkPlaceholder(Field field, String name, @Nullable String rest) {
    var elsewhere = ELSEWHERE.get(name);
    if (rest != null && SERVICES.contains(name)) {
      findings.add(field.finding("`%s:` is not supported: use a setting".formatted(name)));
    } else if (rest != null && elsewhere == null && known.setting().apply(name) == null) {
      var meant = Suggestion.of(name, FUNCTIONS);
      if (!meant.isEmpty() && !name.equals("bean")) {
        findings.add(field.finding("there is no look-up `%s:`%s".formatted(name, meant)));
      }
    }
    if (rest != null && (elsewhere != null || name.equals("bean"))) {
      var wanted = rest.substring(1);
      if (wanted.contains(":")) {
        return;
      }
      if (elsewhere == null) {
        checkCall(field, wanted.replaceFirst("[.?].*", ""), "");
      } else if (elsewhere.apply(wanted) == null) {
        var what = name.equals("env") ? "environment variable" : "system property";
        var fault = "there is no %s `%s`; set it, or give a default as in {{%s:%s:…}}";
        findings.add(field.finding(fault.formatted(what, wanted, name, wanted)));
      }
    } else if (rest == null && !ofTemplates.contains(name) && known.setting().apply(name) == null) {
      findings.add(field.finding("there is no setting `%s`%s".formatted(name, setting(name))));
    }
  }

  private String setting(String name) {
    var meant = Suggestion.of(name, known.settings());
    return meant.isEmpty()
        ? "; set %s, or give a default as in {{%s:…}}"
            .formatted(name.toUpperCase(java.util.Locale.ROOT).replaceAll("[.-]", "_"), name)
        : meant;
  }

  private void checkLanes(Field field) {
    if (field.key().equals("uri") && field.text().startsWith("jobs:")) {
      LANE.matcher(filled(field.text()).replaceFirst("\\?.*", ""))
          .results()
          .map(found -> "jobs-" + found.group(1))
          .filter(queue -> !known.queues().contains(queue))
          .forEach(
              queue ->
                  findings.add(
                      field.finding(
                          "the lane `%s` has no queue `%s`: declare it in queues.json%s"
                              .formatted(
                                  queue.substring(5),
                                  queue,
                                  Suggestion.of(queue, known.queues())))));
    }
  }

  private String filled(String text) {
    return PLACEHOLDER
        .matcher(text)
        .replaceAll(
            found ->
                Matcher.quoteReplacement(
                    Optional.ofNullable(known.setting().apply(found.group(2)))
                        .or(() -> Optional.ofNullable(found.group(3)).map(it -> it.substring(1)))
                        .orElse("")));
  }

  /** Checks fields whose value is the name of a property or variable. */
  private void checkWords(Field field) {
    var kind =
        switch (field.key()) {
          case "exchangeProperty" -> "exchangeProperty";
          case "variable", "variableSend" -> "variable";
          default -> null;
        };
    if (kind != null && !field.text().isEmpty()) {
      checkWord(field, kind, field.text(), "");
    }
  }

  private void checkWord(Field field, MatchResult found) {
    checkWord(field, found.group(1), found.group(2), found.group(3));
  }

  private void checkWord(Field field, String kind, String name, String path) {
    var words = kind.equals("variable") ? vocabulary.variables() : vocabulary.properties();
    var word = words.get(name);
    if (word == null && !set.contains(name) && !name.startsWith("Camel")) {
      var all = new TreeSet<>(words.keySet());
      all.addAll(set);
      var what = kind.equals("variable") ? "no variable" : "no property";
      findings.add(
          field.finding("%s `%s` is ever set%s".formatted(what, name, Suggestion.of(name, all))));
    } else if (word != null) {
      checkFields(field, name, load(word.type()), path);
    }
  }

  private void checkFields(Field field, String name, @Nullable Class<?> start, String path) {
    var type = start;
    for (var part : path.split("\\??\\.")) {
      if (type == null
          || part.isEmpty()
          || Map.class.isAssignableFrom(type)
          || com.fasterxml.jackson.databind.JsonNode.class.isAssignableFrom(type)) {
        continue;
      }
      var getters = getters(type);
      if (!getters.containsKey(part)) {
        findings.add(
            field.finding(
                "`%s` has no field `%s`%s"
                    .formatted(name, part, Suggestion.of(part, getters.keySet()))));
        return;
      }
      type = getters.get(part);
    }
  }

  /** The fields of an object that {@code simple} can read with a dot. */
  private static Map<String, Class<?>> getters(Class<?> type) {
    var found = new HashMap<String, Class<?>>();
    for (var method : type.getMethods()) {
      if (method.getParameterCount() == 0 && method.getReturnType() != void.class) {
        var name = method.getName();
        found.put(name, method.getReturnType());
        if (name.matches("(get|is)[A-Z].*")) {
          var field = name.replaceFirst("^(get|is)", "");
          found.put(
              Character.toLowerCase(field.charAt(0)) + field.substring(1), method.getReturnType());
        }
      }
    }
    return found;
  }

  private static boolean setsAWord(Field field) {
    return field.key().equals("variableReceive")
        || field.key().equals("name")
            && Set.of("setProperty", "setVariable").contains(field.parent());
  }

  /** The text of a field, or the texts of its list. */
  private static Stream<String> texts(Field field) {
    return field.value() instanceof org.yaml.snakeyaml.nodes.SequenceNode list
        ? list.getValue().stream().map(RouteFile::key)
        : Stream.of(field.text());
  }

  private static Stream<MatchResult> matchOf(Pattern pattern, String text) {
    var matcher = pattern.matcher(text);
    return matcher.matches() ? Stream.of(matcher.toMatchResult()) : Stream.empty();
  }

  private static Stream<String> match(Pattern pattern, String text) {
    var matcher = pattern.matcher(text);
    return matcher.matches() ? Stream.of(matcher.group(1)) : Stream.empty();
  }

  private static @Nullable Class<?> load(String name) {
    try {
      return name.contains(".")
          ? Class.forName(name, false, NameCheck.class.getClassLoader())
          : null;
    } catch (ClassNotFoundException e) {
      return null;
    }
  }
}
