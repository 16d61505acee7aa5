package io.outpost.local;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** The JDK's HTTP server for the services that we emulate ourselves; handlers run in parallel. */
final class LoopbackServer implements EmbeddedService {

  /** An answer of a service: an HTTP status and a whole body. */
  record Answer(int status, String contentType, String body) {}

  private final HttpServer http;
  private final ExecutorService threads;

  private LoopbackServer(HttpServer http, ExecutorService threads) {
    this.http = http;
    this.threads = threads;
  }

  static LoopbackServer start(Function<HttpExchange, Answer> service) throws IOException {
    // Read once, when the server's classes load. Without it each answer waits 40 ms for an ACK.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    http.setExecutor(threads);
    http.createContext("/", exchange -> answer(exchange, service));
    http.start();
    return new LoopbackServer(http, threads);
  }

  /** The request's body as text. */
  static String body(HttpExchange exchange) {
    try {
      return new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AwsError(400, "IncompleteSignature", "The request could not be read.");
    }
  }

  @Override
  public URI endpoint() {
    return EmbeddedService.onPort(http.getAddress().getPort());
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }

  private static void answer(HttpExchange exchange, Function<HttpExchange, Answer> service)
      throws IOException {
    try (exchange) {
      Answer answer = service.apply(exchange);
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", answer.contentType());
      exchange.getResponseHeaders().set("x-amzn-RequestId", UUID.randomUUID().toString());
      exchange.sendResponseHeaders(answer.status(), body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
