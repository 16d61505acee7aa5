package io.outpost.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.apache.commons.codec.digest.DigestUtils;

/** A Git LFS server: a batch API that requires the token, and links to files that do not. */
final class LfsServer implements HttpHandler, AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String token;
  private final String links;
  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final Map<String, String> elsewhere = new ConcurrentHashMap<>();
  private final Queue<String> requests = new ConcurrentLinkedQueue<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /**
   * @param links what the addresses of files begin with
   */
  LfsServer(String token, String links) {
    this.token = token;
    this.links = links;
  }

  /** Stores a file; returns its pointer for the repository. */
  String add(String content) {
    var bytes = content.getBytes(StandardCharsets.UTF_8);
    var oid = DigestUtils.sha256Hex(bytes);
    files.put(oid, bytes);
    return pointer(oid, bytes.length);
  }

  /** Adds a file with another address. */
  String add(String oid, long size, String url) {
    elsewhere.put(oid, url);
    return pointer(oid, size);
  }

  static String pointer(String oid, long size) {
    return "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
        .formatted(oid, size);
  }

  boolean has(String content) {
    return files.containsKey(DigestUtils.sha256Hex(content));
  }

  List<String> requests() {
    return List.copyOf(requests);
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      var path = exchange.getRequestURI().getPath();
      requests.add(exchange.getRequestMethod() + " " + path);
      var oid = path.substring(path.lastIndexOf('/') + 1);
      if (path.endsWith("/objects/batch")) {
        batch(exchange);
      } else if (exchange.getRequestMethod().equals("PUT")) {
        files.put(oid, exchange.getRequestBody().readAllBytes());
        exchange.sendResponseHeaders(200, -1);
      } else if (oid.equals("large")) {
        beginLarge(exchange);
      } else {
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(files.get(oid));
      }
    }
  }

  /** Sends 250 MB of a larger file and then stops. */
  private void beginLarge(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    for (int i = 0; i < 250; i++) {
      exchange.getResponseBody().write(new byte[1_000_000]);
    }
    exchange.getResponseBody().flush();
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }

  private void batch(HttpExchange exchange) throws IOException {
    var bytes = ("x-access-token:" + token).getBytes(StandardCharsets.UTF_8);
    var user = Base64.getEncoder().encodeToString(bytes);
    if (!("Basic " + user).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      exchange.getResponseHeaders().set("LFS-Authenticate", "Basic realm=\"lfs\"");
      exchange.sendResponseHeaders(401, -1);
      return;
    }
    var wish = JSON.readTree(exchange.getRequestBody());
    var operation = wish.get("operation").asText();
    var answer = JSON.createObjectNode().put("transfer", "basic");
    var objects = answer.putArray("objects");
    for (JsonNode one : wish.get("objects")) {
      var oid = one.get("oid").asText();
      var object = objects.addObject().put("oid", oid).put("size", one.get("size").asLong());
      if (operation.equals("upload") || files.containsKey(oid) || elsewhere.containsKey(oid)) {
        var link = elsewhere.getOrDefault(oid, links + oid);
        object.putObject("actions").putObject(operation).put("href", link);
      } else {
        object.putObject("error").put("code", 404).put("message", "no such file");
      }
    }
    var body = JSON.writeValueAsBytes(answer);
    exchange.getResponseHeaders().set("Content-Type", "application/vnd.git-lfs+json");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
  }
}
