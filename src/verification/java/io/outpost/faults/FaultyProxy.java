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
 * Stands in front of an AWS service and does to its calls what networks do: some come late, some
 * never arrive, the answer of some is lost, some arrive twice. Thread-safe.
 */
final class FaultyProxy implements AutoCloseable {

  /** Headers that each connection has for itself; the host stays, for it is signed. */
  private static final Set<String> OF_THE_CONNECTION =
      Set.of("connection", "content-length", "expect", "transfer-encoding");

  private static final int LONGEST_DELAY_MILLIS = 400;
  private static final int MOST_AT_ONCE = 400;

  /** What may happen to a call. */
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

  /** From now on every call passes. */
  void mend() {
    faulty = false;
  }

  /** How often what was done. */
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
    // Closed without an answer, the connection breaks off.
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

  /** Five calls of every fifty, so that even a service that is called little shows every fault. */
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
    // Without a body the length is that of what a HEAD asks about.
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

  /** It neither repeats nor changes anything by itself. */
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
