package io.outpost.local.stripe;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.outpost.local.stripe.Faults.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * A stand-in for Stripe's API, by default on a loopback port. It keeps state, refuses what Stripe's
 * types do not allow, fails on request, and sends signed events. Safe for use by many threads.
 */
public final class StripeStub implements AutoCloseable {
  /** The secret key that the stub accepts. */
  public static final String SECRET_KEY = "sk_test_outpost_stub";

  private final RequestSchemas schemas = new RequestSchemas();
  private final Faults faults = new Faults();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Webhooks webhooks;
  private final FrontDesk front;
  private final Account account;
  private final HttpServer server;

  private StripeStub(InetSocketAddress address, Clock clock) throws IOException {
    webhooks = new Webhooks(clock);
    account = new Account(clock, schemas.version(), webhooks::happened, this::base);
    front = new FrontDesk(account, schemas, new IdempotencyKeys(clock));
    server = HttpServer.create(address, 128);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** Starts a stub on loopback. With port 0 it chooses a free one. */
  public static StripeStub start(int port, Clock clock) {
    return start(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), clock);
  }

  /** Starts a stub that other machines may reach. */
  static StripeStub start(InetSocketAddress address, Clock clock) {
    try {
      return new StripeStub(address, clock);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The value for {@code OUTPOST_STRIPE_API_BASE}. */
  public URI base() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** The account, for tests to inspect and change. */
  public Account account() {
    return account;
  }

  /** What the secret key may do. */
  public SecretKey secretKey() {
    return front.secretKey();
  }

  /** The faults to show. */
  public Faults faults() {
    return faults;
  }

  /** The webhook endpoints to which events are sent. */
  public Webhooks webhooks() {
    return webhooks;
  }

  /** Every call so far, including refused ones, oldest first. */
  public List<Call> calls() {
    return front.calls();
  }

  /**
   * Sets what runs before each call has an effect. It may block, so that a test can make calls
   * overlap.
   */
  public void gate(Consumer<Call> gate) {
    front.gate(gate);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      if (!path.startsWith("/v1/") && !path.startsWith("/v2/")) {
        page(exchange, path);
        return;
      }
      Fault fault = faults.draw(exchange.getRequestMethod(), path);
      Answer answer = front.answer(read(exchange, path), fault);
      if (fault != null) {
        fault.headers().forEach(exchange.getResponseHeaders()::set);
      }
      if (fault == Fault.TIMEOUT) {
        closed.await();
      } else if (fault == Fault.TRICKLE) {
        trickle(exchange);
      } else if (fault != null && fault.ofProxy() > 0) {
        write(exchange, fault.ofProxy(), "text/html", "<html>This is not Stripe</html>");
      } else if (fault != Fault.DROPPED) {
        send(exchange, answer);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void trickle(HttpExchange exchange) throws IOException, InterruptedException {
    exchange.sendResponseHeaders(200, 0);
    while (!closed.await(100, TimeUnit.MILLISECONDS)) {
      exchange.getResponseBody().write(' ');
      exchange.getResponseBody().flush();
    }
  }

  private void page(HttpExchange exchange, String path) throws IOException {
    try {
      Pages.Page page = account.visit(exchange.getRequestMethod(), path);
      if (page.location() != null) {
        exchange.getResponseHeaders().set("Location", page.location());
        exchange.sendResponseHeaders(303, -1);
      } else {
        write(exchange, 200, "text/html; charset=utf-8", page.html());
      }
    } catch (StripeError e) {
      write(exchange, e.status(), "text/plain; charset=utf-8", e.getMessage());
    }
  }

  private static Call read(HttpExchange exchange, String path) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String form = body.isEmpty() ? exchange.getRequestURI().getRawQuery() : body;
    Map<String, String> headers =
        exchange.getRequestHeaders().entrySet().stream()
            .collect(
                Collectors.toMap(
                    header -> header.getKey().toLowerCase(Locale.ROOT),
                    header -> header.getValue().getFirst()));
    return new Call(exchange.getRequestMethod(), path, FormBody.decode(form), headers, Map.of());
  }

  private void send(HttpExchange exchange, Answer answer) throws IOException {
    exchange.getResponseHeaders().set("Stripe-Version", schemas.version());
    if (answer.replay()) {
      exchange.getResponseHeaders().set("Idempotent-Replayed", "true");
    }
    write(exchange, answer.status(), "application/json", answer.body().toPrettyString());
  }

  private static void write(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    webhooks.close();
    threads.shutdownNow();
  }
}
