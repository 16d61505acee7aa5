package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * One request as the stub received it.
 *
 * @param params the decoded form or query; its leaves are strings
 * @param headers the first value of each, names in lower case
 * @param variables the values of the path's placeholders
 */
public record Call(
    String method,
    String path,
    ObjectNode params,
    Map<String, String> headers,
    Map<String, String> variables) {

  /** The value of a header, or null. */
  public String header(String name) {
    return headers.get(name);
  }

  String id() {
    return variables.get("id");
  }

  String text(String name) {
    return params.path(name).asText(null);
  }

  long number(String name, long otherwise) {
    return params.path(name).asLong(otherwise);
  }

  Call with(Map<String, String> bound) {
    return new Call(method, path, params, headers, bound);
  }
}
