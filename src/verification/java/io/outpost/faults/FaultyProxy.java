package io.outpost.faults;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;

/**
 * A proxy in front of an AWS service that injects network faults: it delays and loses calls,
 * loses answers, and delivers calls twice. Thread-safe.
 */
final class FaultyProxy implements AutoCloseable {

  /** Headers of a single connection, which are not passed on; Host is, because it is signed. */
  private static final Set<String> OF_THE_CONNECTION =
      Set.of("connection", "content-length", "expect", "transfer-encoding");

  private static final int LONGEST_DELAY_MILLIS = 400;
  private static final int MOST_AT_ONCE = 400;

  /** The fate of a call. */
  enum Fault {
    NONE,
    DELAYED,
    LOST,
    ANSWER_LOST,
    DOUBLED
  }

  private record Answer(int status, Map<String, String> headers, byte[] body) {}

  private final HttpHost target;
  private final Random random;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CloseableHttpClient client = client();
  private final Map<Fault, Integer> done = new ConcurrentHashMap<>();
  private final List<Fault> next = new ArrayList<>();
  private volatile boolean faulty = true;

  private FaultyProxy(URI target, long seed) throws IOException {
    this.target = new HttpHost(target.getScheme(), target.getHost(), target.getPort());
    this.random = new Random(seed);
    this.server =
        HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
  }

  static FaultyProxy before(URI target, long seed) throws IOException {
    var proxy = new FaultyProxy(target, seed);
    proxy.server.setExecutor(proxy.threads);
    proxy.server.createContext("/", proxy::pass);
    proxy.server.start();
    return proxy;
  }

  URI endpoint() {
    return URI.create("http://localhost:" + server.getAddress().getPort());
  }

  /** From now on no fault is injected. */
  void mend() {
    faulty = false;
  }

  /** The number of calls with each fate. */
  Map<Fault, Integer> done() {
    return new TreeMap<>(done);
  }

  @Override
  public void close() throws IOException {
    server.stop(0);
    threads.shutdownNow();
    client.close();
  }

  private void pass(HttpExchange exchange) throws IOException {
    // Closing without an answer breaks the connection.
    try (exchange) {
      var body = exchange.getRequestBody().readAllBytes();
      var fault = faulty ? choose() : Fault.NONE;
      done.merge(fault, 1, Integer::sum);
      switch (fault) {
        case LOST -> {}
        case ANSWER_LOST -> send(exchange, body);
        case DOUBLED -> {
          send(exchange, body);
          answer(exchange, send(exchange, body));
        }
        case DELAYED -> {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(delay()));
          answer(exchange, send(exchange, body));
        }
        case NONE -> answer(exchange, send(exchange, body));
      }
    }
  }

  private synchronized long delay() {
    return random.nextInt(LONGEST_DELAY_MILLIS);
  }

  /** Five faults in every fifty calls, so that a rarely called service has every fault, too. */
  private synchronized Fault choose() {
    if (next.isEmpty()) {
      next.addAll(Collections.nCopies(45, Fault.NONE));
      next.addAll(
          List.of(Fault.LOST, Fault.ANSWER_LOST, Fault.DELAYED, Fault.DOUBLED, Fault.DOUBLED));
      Collections.shuffle(next, random);
    }
    return next.removeLast();
  }

  private Answer send(HttpExchange exchange, byte[] body) throws IOException {
    var uri = exchange.getRequestURI();
    var path = uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
    var request = new BasicClassicHttpRequest(exchange.getRequestMethod(), path);
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (isPassedOn(name)) {
                values.forEach(value -> request.addHeader(name, value));
              }
            });
    if (body.length > 0) {
      request.setEntity(new ByteArrayEntity(body, null));
    }
    return client.execute(
        target,
        request,
        response -> {
          var headers = new TreeMap<String, String>();
          for (var header : response.getHeaders()) {
            headers.put(header.getName(), header.getValue());
          }
          var entity = response.getEntity();
          return new Answer(
              response.getCode(),
              headers,
              entity == null ? new byte[0] : EntityUtils.toByteArray(entity));
        });
  }

  private static void answer(HttpExchange exchange, Answer answer) throws IOException {
    // An answer to HEAD has the length of the object, but no body.
    answer.headers.forEach(
        (name, value) -> {
          if (isPassedOn(name) || name.equalsIgnoreCase("Content-Length")) {
            exchange.getResponseHeaders().set(name, value);
          }
        });
    exchange.sendResponseHeaders(answer.status, answer.body.length == 0 ? -1 : answer.body.length);
    if (answer.body.length > 0) {
      exchange.getResponseBody().write(answer.body);
    }
  }

  private static boolean isPassedOn(String header) {
    return !OF_THE_CONNECTION.contains(header.toLowerCase(Locale.ROOT));
  }

  /** A client without retries, redirects and other changes of its own. */
  private static CloseableHttpClient client() {
    return HttpClientBuilder.create()
        .setConnectionManager(
            PoolingHttpClientConnectionManagerBuilder.create()
                .setMaxConnPerRoute(MOST_AT_ONCE)
                .setMaxConnTotal(MOST_AT_ONCE)
                .build())
        .disableAutomaticRetries()
        .disableRedirectHandling()
        .disableContentCompression()
        .disableCookieManagement()
        .disableAuthCaching()
        .build();
  }
}
