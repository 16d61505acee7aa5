package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * One call of Stripe's API.
 *
 * @param path a template such as {@code /v1/customers/{id}}
 * @param schema the name of the schema of its parameters; null when it takes none
 */
record Operation(String method, String path, String schema, Function<Call, ObjectNode> effect) {

  static Operation get(String path, String schema, Function<Call, ObjectNode> effect) {
    return new Operation("GET", path, schema, effect);
  }

  static Operation post(String path, String schema, Function<Call, ObjectNode> effect) {
    return new Operation("POST", path, schema, effect);
  }

  static Operation delete(String path, String schema, Function<Call, ObjectNode> effect) {
    return new Operation("DELETE", path, schema, effect);
  }

  /** The values of the path's placeholders, if this operation answers the call. */
  Optional<Map<String, String>> match(Call call) {
    String[] wanted = path.split("/");
    String[] given = call.path().split("/");
    if (!method.equals(call.method()) || wanted.length != given.length) {
      return Optional.empty();
    }
    Map<String, String> variables = new HashMap<>();
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i].startsWith("{")) {
        variables.put(wanted[i].substring(1, wanted[i].length() - 1), given[i]);
      } else if (!wanted[i].equals(given[i])) {
        return Optional.empty();
      }
    }
    return Optional.of(variables);
  }
}
