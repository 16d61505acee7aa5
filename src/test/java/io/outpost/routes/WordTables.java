package io.outpost.routes;

import io.outpost.routes.RouteFile.Field;
import io.outpost.routes.Vocabulary.Word;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The vocabulary as tables for a page, with the routes that set and read each word. */
record WordTables(Vocabulary vocabulary, Collection<RouteFile> files) {

  String markdown() {
    var text = new StringBuilder();
    text.append(
        "\n### Extension points\n| route | when | data | errors |\n| --- | --- | --- | --- |\n");
    vocabulary
        .points()
        .forEach(
            (name, point) ->
                text.append(
                    "| `%s` | %s | %s | %s |\n"
                        .formatted(name, point.when(), point.data(), point.errors())));
    words(text, "Exchange properties", "exchangeProperty", "setProperty", vocabulary.properties());
    words(text, "Variables", "variable", "setVariable", vocabulary.variables());
    text.append("\n### Headers\n| name | means |\n| --- | --- |\n");
    vocabulary
        .headers()
        .forEach((name, word) -> text.append("| `%s` | %s |\n".formatted(name, word.means())));
    text.append("\n### Required steps\n| start | steps |\n| --- | --- |\n");
    vocabulary
        .required()
        .forEach(
            (name, steps) ->
                text.append(
                    "| `direct:%s` | %s |\n"
                        .formatted(
                            name,
                            steps.stream()
                                .map("`%s`"::formatted)
                                .collect(Collectors.joining(", ")))));
    text.append("\n### Steps in Java\n| bean and method | does |\n| --- | --- |\n");
    new TreeMap<>(vocabulary.beans())
        .forEach(
            (bean, methods) ->
                methods.forEach(
                    (method, does) ->
                        text.append(
                            "| `%s` `%s` | %s |\n"
                                .formatted(bean, method, does.replace("|", "\\|")))));
    return text.append('\n').toString();
  }

  private void words(
      StringBuilder text, String title, String kind, String setter, Map<String, Word> words) {
    text.append(
        "\n### %s\n| name | type | means | set by | read by |\n| --- | --- | --- | --- | --- |\n"
            .formatted(title));
    words.forEach(
        (name, word) -> {
          var read = Pattern.compile("\\$\\{" + kind + "[.:\\[]['\"]?" + name + "\\b");
          var sets =
              routes(
                  (field, key) ->
                      field.parent().equals(setter)
                              && key.equals("name")
                              && field.text().equals(name)
                          || kind.equals("variable")
                              && key.equals("variableReceive")
                              && field.text().equals(name));
          var reads =
              routes(
                  (field, key) ->
                      read.matcher(field.text()).find()
                          || key.equals(kind) && field.text().equals(name)
                          || kind.equals("variable")
                              && key.equals("variableSend")
                              && field.text().equals(name));
          text.append(
              "| `%s` | %s | %s | %s | %s |\n"
                  .formatted(
                      name,
                      type(word),
                      word.means(),
                      list(sets, word.from()),
                      list(reads, word.to())));
        });
  }

  private static String type(Word word) {
    return word.type().contains(".")
        ? "`" + word.type().replaceFirst(".*\\.", "") + "`"
        : word.type();
  }

  private Set<String> routes(BiPredicate<Field, String> is) {
    return files.stream()
        .flatMap(file -> file.fields().stream())
        .filter(field -> is.test(field, field.key()))
        .map(Field::route)
        .filter(route -> !route.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String list(Set<String> routes, String java) {
    var all = routes.stream().map("`%s`"::formatted).collect(Collectors.joining(", "));
    var other = "extension".equals(java) ? "a rule of yours" : "Java";
    return java == null ? all : all.isEmpty() ? other : all + ", " + other;
  }
}
