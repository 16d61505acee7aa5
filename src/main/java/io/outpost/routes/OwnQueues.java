package io.outpost.routes;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The queues that a mounted folder declares in its {@code queues.json}. Used by one thread. */
final class OwnQueues {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,59}");
  private static final String DEAD_LETTER = "dead_letter";
  private static final Set<String> NUMBERS = Set.of("receives", "visibility_seconds");
  private static final Set<String> FIELDS = Set.of(DEAD_LETTER, "receives", "visibility_seconds");

  private final String text;
  private final Collection<String> ours;
  private final List<Finding> findings = new ArrayList<>();

  private OwnQueues(String text, Collection<String> ours) {
    this.text = text;
    this.ours = ours;
  }

  /**
   * The names of the declared queues.
   *
   * @param ours the shipped queues
   * @throws RoutesRefused naming the faults of the file
   */
  static Set<String> read(String text, Collection<String> ours) {
    var file = new OwnQueues(text, ours);
    var names = new TreeSet<String>();
    try {
      var queues = JSON.readTree(text);
      if (queues.isObject()) {
        queues.fieldNames().forEachRemaining(names::add);
        var all = new TreeSet<>(ours);
        all.addAll(names);
        queues.properties().forEach(queue -> file.check(queue.getKey(), queue.getValue(), all));
      } else {
        file.add("", "is no list of queues: write { \"jobs-<name>\": { … } }");
      }
    } catch (JsonProcessingException e) {
      file.findings.add(Finding.of(MountedFolder.QUEUES, "is no JSON: ", e));
    }
    RoutesRefused.unlessEmpty(file.findings);
    return names;
  }

  private void check(String name, JsonNode queue, Set<String> all) {
    if (ours.contains(name)) {
      add(name, "the queue name `%s` is taken by Outpost: choose another".formatted(name));
    }
    if (!NAME.matcher(name).matches()) {
      add(
          name,
          "`%s` is no name of a queue: small letters, digits and -, 60 at most".formatted(name));
    }
    for (var field : queue.properties()) {
      var key = field.getKey();
      var value = field.getValue();
      if (!FIELDS.contains(key)) {
        add(key, "`%s` has no field `%s`%s".formatted(name, key, Suggestion.of(key, FIELDS)));
      } else if (NUMBERS.contains(key) && !(value.isInt() && value.asInt() > 0)) {
        add(key, "`%s` of `%s` is a whole number, not %s".formatted(key, name, value));
      } else if (key.equals(DEAD_LETTER) && !all.contains(value.asText())) {
        add(
            value.asText(),
            "there is no queue `%s`%s"
                .formatted(value.asText(), Suggestion.of(value.asText(), all)));
      }
    }
    if (!queue.has("visibility_seconds")) {
      add(name, "`%s` needs `visibility_seconds`".formatted(name));
    }
    if (queue.has(DEAD_LETTER) != queue.has("receives")) {
      add(name, "`%s` needs `dead_letter` and `receives` together".formatted(name));
    }
  }

  /** Adds a fault, at the line where the name first occurs in quotes. */
  private void add(String name, String fault) {
    var at = Math.max(0, text.indexOf("\"" + name + "\""));
    var line = 1 + (int) text.substring(0, at).chars().filter(c -> c == '\n').count();
    findings.add(new Finding(MountedFolder.QUEUES, line, "", "", fault));
  }
}
