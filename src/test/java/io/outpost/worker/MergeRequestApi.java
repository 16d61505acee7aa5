package io.outpost.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * GitLab's API for merge requests: projects are named by their encoded path, and a source branch
 * has at most one open request. Requires a bearer token.
 */
final class MergeRequestApi implements HttpHandler {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String token;
  private final Map<String, JsonNode> open = new ConcurrentHashMap<>();

  MergeRequestApi(String token) {
    this.token = token;
  }

  /** The request that opened the merge request of a project and branch. */
  JsonNode opened(String project, String branch) {
    return open.get(project + ":" + branch);
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      var body = exchange.getRequestBody().readAllBytes();
      var parts = exchange.getRequestURI().getRawPath().split("/");
      var project = URLDecoder.decode(parts[4], StandardCharsets.UTF_8);
      if (!("Bearer " + token).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        answer(exchange, 401, "{\"message\":\"401 Unauthorized\"}");
      } else if (parts.length != 6 || !parts[5].equals("merge_requests")) {
        answer(exchange, 404, "{\"error\":\"404 Not Found\"}");
      } else if (exchange.getRequestMethod().equals("POST")) {
        open(exchange, project, JSON.readTree(body));
      } else {
        var query = exchange.getRequestURI().getQuery();
        var branch = query.replaceFirst("state=opened&source_branch=(.*)&target_branch=.*", "$1");
        answer(exchange, 200, "[" + shown(project, branch) + "]");
      }
    }
  }

  private void open(HttpExchange exchange, String project, JsonNode wish) throws IOException {
    var branch = wish.get("source_branch").asText();
    if (open.putIfAbsent(project + ":" + branch, wish) == null) {
      answer(exchange, 201, shown(project, branch));
    } else {
      answer(
          exchange,
          409,
          "{\"message\":[\"Another open merge request already exists for this source branch: !1\"]}");
    }
  }

  private static String shown(String project, String branch) {
    return "{\"iid\":1,\"web_url\":\"https://git.example.com/%s/-/merge_requests/%s\"}"
        .formatted(project, branch);
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
