package io.outpost.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * DynamoDB and SQS with fixed answers and no state: every API key belongs to an enterprise
 * tenant, every write succeeds, every queue is empty. An emulator would use ten times the CPU of
 * the product and hide its cost.
 */
final class CannedAws {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration EMPTY_POLL = Duration.ofSeconds(5);
  private static final String TENANT_ID = "7f1c0a52-3c7e-4a0e-9a39-0c6a4f6f9d10";
  private static final String KEY =
      """
      {"tenant_id":{"S":"%s"},"sk":{"S":"key#01M80000000000000000000000"},\
      "key_id":{"S":"01M80000000000000000000000"},"name":{"S":"bench"},"mode":{"S":"live"},\
      "scopes":{"L":[{"S":"jobs:read"},{"S":"jobs:write"}]},\
      "created_at":{"S":"2026-11-01T00:00:00.000Z"}}\
      """
          .formatted(TENANT_ID);
  private static final String TENANT =
      """
      {"tenant_id":{"S":"%s"},"sk":{"S":"tenant"},"name":{"S":"Bench"},\
      "email":{"S":"bench@example.com"},"tier":{"S":"enterprise"},"status":{"S":"active"},\
      "created_at":{"S":"2026-11-01T00:00:00.000Z"},"updated_at":{"S":"2026-11-01T00:00:00.000Z"},\
      "billing_anchor":{"S":"2026-11-01T00:00:00.000Z"},"version":{"N":"1"}}\
      """
          .formatted(TENANT_ID);

  private static final Map<String, LongAdder> CALLS = new ConcurrentHashMap<>();

  private CannedAws() {}

  /**
   * @param args the port
   */
  public static void main(String[] args) throws IOException {
    var http = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 0);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", CannedAws::answer);
    http.createContext("/calls", CannedAws::tellCalls);
    http.start();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var request = exchange.getRequestBody().readAllBytes();
      var target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
      var operation = target == null ? "" : target.substring(target.indexOf('.') + 1);
      CALLS.computeIfAbsent(operation, o -> new LongAdder()).increment();
      var answer = answer(operation, request).getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  /** The number of calls of each operation, as JSON. */
  private static void tellCalls(HttpExchange exchange) throws IOException {
    try (exchange) {
      var answer = JSON.writeValueAsBytes(CALLS);
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private static String answer(String operation, byte[] request) throws IOException {
    return switch (operation) {
      case "Query" ->
          JSON.readTree(request).path("IndexName").asText().equals("api-key")
              ? "{\"Count\":1,\"Items\":[" + KEY + "]}"
              : "{\"Count\":0,\"Items\":[]}";
      case "BatchGetItem" ->
          "{\"Responses\":{\"outpost-tenants-bench\":[" + KEY + "," + TENANT + "]}}";
      case "UpdateItem" -> "{\"Attributes\":{\"used\":{\"N\":\"1\"}}}";
      case "DescribeTable" -> "{\"Table\":{\"TableStatus\":\"ACTIVE\"}}";
      case "GetQueueUrl" ->
          "{\"QueueUrl\":\"http://127.0.0.1/000000000000/"
              + JSON.readTree(request).path("QueueName").asText()
              + "\"}";
      case "GetQueueAttributes" -> "{\"Attributes\":{\"ApproximateNumberOfMessages\":\"0\"}}";
      case "SendMessage" -> sent(JSON.readTree(request), "\"MessageId\":\"1\"");
      case "SendMessageBatch" -> sentAll(JSON.readTree(request));
      case "ReceiveMessage" -> nothing();
      default -> "{}";
    };
  }

  private static String sentAll(JsonNode batch) {
    var entries = new StringBuilder();
    for (var entry : batch.path("Entries")) {
      entries.append(entries.isEmpty() ? "" : ",");
      var ids = "\"MessageId\":\"1\",\"Id\":\"" + entry.path("Id").asText() + "\"";
      entries.append(sent(entry, ids));
    }
    return "{\"Successful\":[" + entries + "],\"Failed\":[]}";
  }

  /** The SDK checks the digest. */
  private static String sent(JsonNode message, String ids) {
    try {
      var body = message.path("MessageBody").asText().getBytes(StandardCharsets.UTF_8);
      var digest = HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(body));
      return "{" + ids + ",\"MD5OfMessageBody\":\"" + digest + "\"}";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String nothing() {
    LockSupport.parkNanos(EMPTY_POLL.toNanos());
    return "{}";
  }
}
