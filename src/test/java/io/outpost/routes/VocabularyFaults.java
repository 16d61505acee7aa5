package io.outpost.routes;

import io.outpost.routes.RouteFile.Field;
import io.outpost.routes.Vocabulary.Word;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;

/** Finds differences between the vocabulary and its uses in routes and Java. */
record VocabularyFaults(
    Vocabulary vocabulary,
    Collection<RouteFile> files,
    String java,
    Function<String, Class<?>> beans) {

  private static final Pattern READ =
      Pattern.compile("\\$\\{(exchangeProperty|variable)[.:\\[]['\"]?([A-Za-z]\\w*)");
  private static final Pattern CALL = Pattern.compile("\\$\\{bean:(\\w+)\\?method=(\\w+)");

  List<String> find() {
    var faults = new ArrayList<String>();
    words(
        faults, "property", vocabulary.properties(), uses("exchangeProperty"), sets("setProperty"));
    words(faults, "variable", vocabulary.variables(), uses("variable"), sets("setVariable"));
    types(faults);
    beans(faults);
    return faults;
  }

  private void words(
      List<String> faults,
      String kind,
      Map<String, Word> words,
      Set<String> read,
      Set<String> set) {
    var used = new TreeSet<>(read);
    used.addAll(set);
    used.removeAll(words.keySet());
    used.forEach(name -> faults.add("the %s %s is not declared".formatted(kind, name)));
    words.forEach(
        (name, word) -> {
          if (!set.contains(name) && !isIn(word.from(), name)) {
            faults.add("the %s %s is never set".formatted(kind, name));
          }
          if (!read.contains(name) && !isIn(word.to(), name)) {
            faults.add("the %s %s is never read".formatted(kind, name));
          }
          if (word.type().contains(".") && load(word.type()) == null) {
            faults.add("the %s %s has a type that is not there".formatted(kind, name));
          }
        });
  }

  private boolean isIn(String where, String name) {
    return "extension".equals(where) || "java".equals(where) && java.contains("\"" + name + "\"");
  }

  /** The words that files read, in fields or in expressions. */
  private Set<String> uses(String kind) {
    var found = new TreeSet<String>();
    for (var field : fields()) {
      READ.matcher(field.text())
          .results()
          .filter(use -> use.group(1).equals(kind))
          .forEach(use -> found.add(use.group(2)));
      if (field.key().equals(kind)
          || kind.equals("variable") && field.key().equals("variableSend")) {
        found.add(field.text());
      }
    }
    found.remove("");
    return found;
  }

  private Set<String> sets(String step) {
    var found = new TreeSet<String>();
    for (var field : fields()) {
      if (field.parent().equals(step) && field.key().equals("name")) {
        found.add(field.text());
      }
      if (step.equals("setVariable") && field.key().equals("variableReceive")) {
        found.add(field.text());
      }
    }
    return found;
  }

  /** Checks that Java's parameters accept the type of the word. */
  private void types(List<String> faults) {
    for (var bean : vocabulary.beans().keySet()) {
      var type = beans.apply(bean);
      for (var method : type == null ? new Method[0] : type.getMethods()) {
        for (var parameter : method.getParameters()) {
          var property = parameter.getAnnotation(ExchangeProperty.class);
          var variable = parameter.getAnnotation(Variable.class);
          var words = property == null ? vocabulary.variables() : vocabulary.properties();
          var name = property != null ? property.value() : variable != null ? variable.value() : "";
          if (words.containsKey(name) && !fits(words.get(name).type(), parameter.getType())) {
            faults.add(
                "%s.%s takes %s as %s"
                    .formatted(bean, method.getName(), name, parameter.getType()));
          }
        }
      }
    }
  }

  private static boolean fits(String declared, Class<?> taken) {
    return switch (declared) {
      case "any" -> true;
      case "text" -> taken == String.class;
      case "number" -> Set.of(int.class, long.class, Integer.class, Long.class).contains(taken);
      case "boolean" -> Set.of(boolean.class, Boolean.class).contains(taken);
      default -> load(declared) != null && taken.isAssignableFrom(load(declared));
    };
  }

  private void beans(List<String> faults) {
    var called = new TreeMap<String, Set<String>>();
    for (var field : fields()) {
      if (field.key().equals("ref") && !field.beside("method").isEmpty()) {
        call(called, field.text(), field.beside("method").replaceFirst("\\(.*", ""));
      }
      CALL.matcher(field.text()).results().forEach(use -> call(called, use.group(1), use.group(2)));
    }
    called.forEach(
        (bean, methods) -> {
          var declared = vocabulary.beans().getOrDefault(bean, Map.of()).keySet();
          methods.stream()
              .filter(method -> !declared.contains(method))
              .forEach(
                  method -> faults.add("the step %s.%s is not declared".formatted(bean, method)));
        });
    vocabulary
        .beans()
        .forEach(
            (bean, methods) -> {
              for (var method : methods.keySet()) {
                var type = beans.apply(bean);
                if (type == null
                    || Arrays.stream(type.getMethods())
                        .noneMatch(m -> m.getName().equals(method))) {
                  faults.add("the step %s.%s is not there".formatted(bean, method));
                }
              }
            });
  }

  private static void call(Map<String, Set<String>> called, String bean, String method) {
    called.computeIfAbsent(bean, name -> new TreeSet<>()).add(method);
  }

  private List<Field> fields() {
    return files.stream().flatMap(file -> file.fields().stream()).toList();
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      return null;
    }
  }
}
