package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.f4b6a3.ulid.UlidCreator;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/** All objects of the account, by kind. Callers must hold this object's monitor. */
final class World {
  private final Map<String, Map<String, ObjectNode>> kinds = new HashMap<>();
  private final Clock clock;

  World(Clock clock) {
    this.clock = clock;
  }

  /** The time in whole seconds, as Stripe gives it. */
  long now() {
    return clock.instant().getEpochSecond();
  }

  /** Creates and stores an object with the fields that all objects have. */
  ObjectNode create(String kind, String prefix) {
    return create(kind, prefix, prefix + UlidCreator.getMonotonicUlid());
  }

  ObjectNode create(String kind, String prefix, String id) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("id", Objects.requireNonNullElse(id, prefix + UlidCreator.getMonotonicUlid()));
    object.put("object", kind).put("created", now()).put("livemode", false);
    all(kind).put(object.get("id").asText(), object);
    return object;
  }

  boolean has(String kind, String id) {
    return all(kind).containsKey(id);
  }

  ObjectNode find(String kind, String id) {
    if (id != null && id.contains("_live_")) {
      throw StripeError.otherMode(kind, id);
    }
    ObjectNode object = all(kind).get(id);
    if (object == null) {
      throw StripeError.missing(kind, id);
    }
    return object;
  }

  /** The existing objects of a kind that match, oldest first. */
  List<ObjectNode> select(String kind, Predicate<ObjectNode> fits) {
    return all(kind).values().stream().filter(fits).toList();
  }

  /** A page of a list call, newest first. */
  ObjectNode page(Call call, String kind, Predicate<ObjectNode> fits) {
    List<ObjectNode> found = new ArrayList<>(select(kind, fits));
    Collections.reverse(found);
    return page(call, found);
  }

  /** The part of a complete list that the call asks for. */
  static ObjectNode page(Call call, List<ObjectNode> found) {
    String after = call.text("starting_after");
    String before = call.text("ending_before");
    int from = after == null ? 0 : indexOf(found, after) + 1;
    int to = before == null ? found.size() : indexOf(found, before);
    int limit = Math.toIntExact(call.number("limit", 10));
    if (limit < 1 || limit > 100) {
      throw StripeError.invalid("parameter_invalid_integer", "limit must be 1 to 100");
    }
    int first = before == null ? from : Math.max(from, to - limit);
    int last = Math.min(to, first + limit);
    ObjectNode page = JsonNodeFactory.instance.objectNode().put("object", "list");
    page.put("url", call.path()).put("has_more", before == null ? last < to : first > from);
    ArrayNode data = page.putArray("data");
    found.subList(first, last).forEach(data::add);
    return page;
  }

  private static int indexOf(List<ObjectNode> found, String id) {
    for (int i = 0; i < found.size(); i++) {
      if (found.get(i).get("id").asText().equals(id)) {
        return i;
      }
    }
    throw StripeError.missing("object", id);
  }

  private Map<String, ObjectNode> all(String kind) {
    return kinds.computeIfAbsent(kind, name -> new LinkedHashMap<>());
  }

  /**
   * A copy of an answer in which the ids that the call wants to {@code expand} are replaced by
   * objects.
   */
  ObjectNode expand(Call call, ObjectNode answer) {
    ObjectNode copy = answer.deepCopy();
    for (JsonNode path : call.params().path("expand")) {
      expand(copy, List.of(path.asText().split("\\.")));
    }
    return copy;
  }

  private void expand(JsonNode node, List<String> path) {
    if (node.isArray()) {
      node.forEach(element -> expand(element, path));
    } else if (path.size() > 1) {
      expand(node.path(path.getFirst()), path.subList(1, path.size()));
    } else if (node.path(path.getFirst()).isTextual()) {
      String id = node.get(path.getFirst()).asText();
      kinds.values().stream()
          .filter(all -> all.containsKey(id))
          .forEach(all -> ((ObjectNode) node).set(path.getFirst(), all.get(id).deepCopy()));
    }
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** Whether an object passes an optional filter of a list call. */
  static boolean fits(Call call, String filter, JsonNode value) {
    String wanted = call.text(filter);
    return wanted == null || wanted.equals(value.asText());
  }

  /** Whether the time in a field is within the range that a list call asks for. */
  static boolean within(Call call, String field, JsonNode object) {
    JsonNode range = call.params().path(field);
    long at = object.path(field).asLong();
    return range.isObject()
        ? at >= range.path("gte").asLong(Long.MIN_VALUE)
            && at > range.path("gt").asLong(Long.MIN_VALUE)
            && at <= range.path("lte").asLong(Long.MAX_VALUE)
            && at < range.path("lt").asLong(Long.MAX_VALUE)
        : range.isMissingNode() || at == range.asLong();
  }

  /** Merges {@code metadata} as Stripe does: given keys are set, empty values remove a key. */
  static void metadata(Call call, ObjectNode object) {
    ObjectNode metadata = object.withObject("/metadata");
    call.params()
        .path("metadata")
        .properties()
        .forEach(
            entry -> {
              if (entry.getValue().asText().isEmpty()) {
                metadata.remove(entry.getKey());
              } else {
                metadata.set(entry.getKey(), entry.getValue());
              }
            });
  }
}
