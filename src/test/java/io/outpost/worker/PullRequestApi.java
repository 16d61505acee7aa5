package io.outpost.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiPredicate;

/**
 * GitHub's API for pull requests: requires a bearer token and an existing branch; two branches have
 * at most one open request. It can give other answers first.
 */
final class PullRequestApi implements HttpHandler {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String token;
  private final BiPredicate<String, String> hasBranch;
  private final Queue<JsonNode> open = new ConcurrentLinkedQueue<>();
  private final Queue<Integer> before = new ConcurrentLinkedQueue<>();
  private volatile String elsewhere = "";

  /**
   * @param hasBranch of a repository ({@code owner/name}) and a branch
   */
  PullRequestApi(String token, BiPredicate<String, String> hasBranch) {
    this.token = token;
    this.hasBranch = hasBranch;
  }

  /** Sets the statuses of the first answers. */
  void answerFirst(List<Integer> statuses) {
    before.addAll(statuses);
  }

  /** Sets the target of answers with 302. */
  void leadTo(String url) {
    elsewhere = url;
  }

  /** The requests that opened pull requests. */
  List<JsonNode> opened() {
    return List.copyOf(open);
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      var body = exchange.getRequestBody().readAllBytes();
      var planned = before.poll();
      if (planned != null) {
        exchange.getResponseHeaders().set("Location", elsewhere);
        answer(exchange, planned, "{\"message\":\"planned for " + token + "\"}");
      } else if (!("Bearer " + token)
          .equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        answer(exchange, 401, "{\"message\":\"Bad credentials\"}");
      } else if (exchange.getRequestMethod().equals("POST")) {
        open(exchange, JSON.readTree(body));
      } else {
        list(exchange);
      }
    }
  }

  private void open(HttpExchange exchange, JsonNode wish) throws IOException {
    var repository = exchange.getRequestURI().getPath().replaceFirst(".*/repos/(.*)/pulls", "$1");
    var head = wish.get("head").asText();
    if (!hasBranch.test(repository, head)
        || !hasBranch.test(repository, wish.get("base").asText())) {
      refuse(exchange, "field head is invalid");
    } else if (open.stream().anyMatch(one -> one.get("head").asText().equals(head))) {
      refuse(exchange, "A pull request already exists for " + head + ".");
    } else {
      open.add(wish);
      answer(exchange, 201, shown(wish));
    }
  }

  private static void refuse(HttpExchange exchange, String why) throws IOException {
    answer(
        exchange,
        422,
        "{\"message\":\"Validation Failed\",\"errors\":[{\"message\":\"%s\"}]}".formatted(why));
  }

  private void list(HttpExchange exchange) throws IOException {
    var query = URLDecoder.decode(exchange.getRequestURI().getRawQuery(), StandardCharsets.UTF_8);
    var found =
        open.stream()
            .filter(
                one -> query.matches("state=open&head=[^:&]+:" + one.get("head").asText() + "&.*"))
            .map(PullRequestApi::shown)
            .toList();
    answer(exchange, 200, found.toString());
  }

  private static String shown(JsonNode wish) {
    return "{\"html_url\":\"https://git.example.com/pull/%s\"}"
        .formatted(wish.get("head").asText());
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
