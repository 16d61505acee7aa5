package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Parses Stripe's form encoding: {@code a[b][0][c]=v} nests, {@code a[]=v} appends. */
final class FormBody {
  private static final Pattern BRACKETS = Pattern.compile("\\[|\\]\\[|\\]");

  private FormBody() {}

  /** The parameters as a tree whose leaves are strings. */
  static ObjectNode decode(String form) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    for (String pair : form == null ? new String[0] : form.split("&")) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String name = text(equals < 0 ? pair : pair.substring(0, equals));
        put(root, List.of(BRACKETS.split(name, -1)), text(pair.substring(equals + 1)));
      }
    }
    return (ObjectNode) withArrays(root);
  }

  private static String text(String encoded) {
    try {
      return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return encoded; // Like Stripe, takes a stray percent sign literally.
    }
  }

  /** Adds a value at a path. Splitting {@code a[b]} leaves an empty part after the last bracket. */
  private static void put(ObjectNode root, List<String> parts, String value) {
    int last = Math.max(0, parts.size() > 1 ? parts.size() - 2 : 0);
    ObjectNode node = root;
    for (int i = 0; i < last; i++) {
      JsonNode next = node.get(key(node, parts.get(i)));
      node = next instanceof ObjectNode object ? object : node.putObject(parts.get(i));
    }
    node.put(key(node, parts.get(last)), value);
  }

  private static String key(ObjectNode node, String part) {
    return part.isEmpty() ? String.valueOf(node.size()) : part;
  }

  /** Converts objects whose names count from 0 to the arrays that they were. */
  private static JsonNode withArrays(JsonNode node) {
    if (!(node instanceof ObjectNode object)) {
      return node;
    }
    List<String> names = List.copyOf(object.properties().stream().map(e -> e.getKey()).toList());
    names.forEach(name -> object.set(name, withArrays(object.get(name))));
    boolean counted =
        !names.isEmpty()
            && IntStream.range(0, names.size())
                .allMatch(i -> names.get(i).equals(String.valueOf(i)));
    if (!counted) {
      return object;
    }
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (Iterator<JsonNode> values = object.elements(); values.hasNext(); ) {
      array.add(values.next());
    }
    return array;
  }
}
