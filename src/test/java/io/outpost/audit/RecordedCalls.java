package io.outpost.audit;

import io.outpost.blackbox.Client;
import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * An HTTP client that gives each request an id and a user agent, sends it as if through a proxy,
 * and records it with its outcome. Thread-safe.
 */
final class RecordedCalls extends HttpClient {

  /**
   * The client address that the proxy reports; addresses before it in the header are the client's
   * claim.
   */
  static final String ADDRESS = "198.51.100.9";

  private final HttpClient http = HttpClient.newHttpClient();
  private final String name;
  private final AtomicInteger count = new AtomicInteger();
  private final Map<String, Made> made = new ConcurrentHashMap<>();

  /** Creates a client whose request ids begin with a name. */
  RecordedCalls(String name) {
    this.name = name;
  }

  /**
   * A recorded call.
   *
   * @param status 0 if the call was not answered
   * @param problem the error code in the answer; empty if the answer is no error
   * @param location what the call created; empty if nothing
   */
  record Made(
      HttpRequest request,
      int status,
      String problem,
      String location,
      Instant sent,
      Optional<Instant> answered) {

    String path() {
      return request.uri().getRawPath();
    }

    String userAgent() {
      return request.headers().firstValue("User-Agent").orElseThrow();
    }

    /** The API key of the call; empty if it had none. */
    String key() {
      return request.headers().firstValue("Authorization").orElse("").replace("Bearer ", "");
    }

    boolean changes() {
      return !Set.of("GET", "OPTIONS").contains(request.method());
    }
  }

  /** A client whose calls are recorded here. */
  Client client(String address, String key) {
    return new Client(this, address, key);
  }

  /** All calls so far, by request id. */
  Map<String, Made> made() {
    return Map.copyOf(made);
  }

  @Override
  public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws IOException, InterruptedException {
    var id = name + "-" + count.incrementAndGet();
    var builder =
        HttpRequest.newBuilder(request, (header, value) -> true)
            .setHeader("X-Request-Id", id)
            .setHeader("X-Forwarded-For", "203.0.113.7, " + ADDRESS);
    if (request.headers().firstValue("User-Agent").isEmpty()) {
      builder.setHeader("User-Agent", name);
    }
    var sent = builder.build();
    var now = Instant.now();
    made.put(id, new Made(sent, 0, "", "", now, Optional.empty()));
    var response = http.send(sent, handler);
    if (!response.headers().firstValue("X-Request-Id").equals(Optional.of(id))) {
      throw new IllegalStateException("Another request id in the answer: " + response.headers());
    }
    made.put(
        id,
        new Made(
            sent,
            response.statusCode(),
            problem(response),
            response.headers().firstValue("Location").orElse(""),
            now,
            Optional.of(Instant.now())));
    return response;
  }

  private static String problem(HttpResponse<?> response) {
    var isProblem =
        response.headers().firstValue("Content-Type").orElse("").contains("problem+json");
    return isProblem ? new Client.Answer(0, null, response.body().toString()).problem() : "";
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request,
      HttpResponse.BodyHandler<T> handler,
      HttpResponse.PushPromiseHandler<T> pushed) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return http.cookieHandler();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return http.connectTimeout();
  }

  @Override
  public Redirect followRedirects() {
    return http.followRedirects();
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return http.proxy();
  }

  @Override
  public SSLContext sslContext() {
    return http.sslContext();
  }

  @Override
  public SSLParameters sslParameters() {
    return http.sslParameters();
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return http.authenticator();
  }

  @Override
  public Version version() {
    return http.version();
  }

  @Override
  public Optional<Executor> executor() {
    return http.executor();
  }
}
