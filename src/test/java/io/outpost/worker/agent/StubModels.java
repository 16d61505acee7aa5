package io.outpost.worker.agent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A model provider on loopback that gives every question the same short answer, in the streaming
 * forms of Anthropic's messages, OpenAI's responses and chat completions, and Gemini's
 * generateContent. Remembers what it was asked.
 */
final class StubModels implements AutoCloseable {

  static final String ANSWER = "The answer is forty-two.";
  static final long INPUT_TOKENS = 11;
  static final long OUTPUT_TOKENS = 7;

  private static final Pattern TYPE = Pattern.compile("\\{\"type\": \"([a-z_.]+)\"");

  private final HttpServer server;
  private final List<String> requests = new CopyOnWriteArrayList<>();

  StubModels() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Path, headers and body of each request that was a question to a model. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      if (!exchange.getRequestMethod().equals("POST")) {
        other(exchange, path);
        return;
      }
      requests.add(path + " " + exchange.getRequestHeaders().entrySet() + " " + body);
      String events = events(path);
      send(exchange, events.isEmpty() ? 404 : 200, "text/event-stream", events);
    }
  }

  /** Answers the list of models, and refuses everything else, such as web sockets. */
  private static void other(HttpExchange exchange, String path) throws IOException {
    if (path.endsWith("/models")) {
      send(
          exchange,
          200,
          "application/json",
          """
          {"object": "list", "data": [{"id": "grok-4.6", "object": "model", "created": 1, "owned_by": "stub"}]}""");
    } else {
      send(
          exchange,
          exchange.getRequestHeaders().containsKey("Upgrade") ? 426 : 404,
          "application/json",
          "{}");
    }
  }

  private static String events(String path) {
    if (path.endsWith("/messages")) {
      return stream(messages());
    }
    if (path.endsWith("/responses")) {
      return stream(responses());
    }
    if (path.endsWith("/chat/completions")) {
      return stream(completions()) + "data: [DONE]\n\n";
    }
    return path.endsWith(":streamGenerateContent") ? stream(generateContent()) : "";
  }

  private static Stream<String> messages() {
    return Stream.of(
        """
        {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "stub", \
        "content": [], "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 11, "output_tokens": 1}}}""",
        """
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}""",
        """
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ANSWER"}}""",
        """
        {"type": "content_block_stop", "index": 0}""",
        """
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, \
        "usage": {"output_tokens": 7}}""",
        """
        {"type": "message_stop"}""");
  }

  private static Stream<String> responses() {
    String item =
        """
        {"type": "message", "role": "assistant", "id": "m", "status": "completed", \
        "content": [{"type": "output_text", "text": "ANSWER", "annotations": []}]}""";
    return Stream.of(
        """
        {"type": "response.created", "response": {"id": "r", "object": "response", "created_at": 1, \
        "status": "in_progress", "model": "stub", "output": []}}""",
        "{\"type\": \"response.output_item.done\", \"output_index\": 0, \"item\": " + item + "}",
        """
        {"type": "response.completed", "response": {"id": "r", "object": "response", "created_at": 1, \
        "status": "completed", "model": "stub", "output": [ITEM], "usage": {"input_tokens": 11, \
        "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 7, \
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 18}}}"""
            .replace("ITEM", item));
  }

  private static Stream<String> completions() {
    return Stream.of(
        """
        {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "stub", \
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": "ANSWER"}, "finish_reason": null}]}""",
        """
        {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "stub", \
        "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], \
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}}""");
  }

  private static Stream<String> generateContent() {
    return Stream.of(
        """
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "ANSWER"}]}, "finishReason": "STOP", \
        "index": 0}], "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18}}""");
  }

  private static String stream(Stream<String> events) {
    return events
        .map(event -> event.replace("ANSWER", ANSWER))
        .map(event -> nameOf(event) + "data: " + event + "\n\n")
        .collect(Collectors.joining());
  }

  /** Streams whose events have a type name them by it. */
  private static String nameOf(String event) {
    Matcher type = TYPE.matcher(event);
    return type.lookingAt() ? "event: " + type.group(1) + "\n" : "";
  }

  private static void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
