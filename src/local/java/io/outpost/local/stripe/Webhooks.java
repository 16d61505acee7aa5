package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Sends the account's events to every endpoint, signed with its secret. Several are sent at once,
 * in no particular order. An event is sent again, with growing delays, until the endpoint answers
 * with a 2xx (docs.stripe.com/webhooks#behaviors, but with seconds instead of days). Events can be
 * held back, and then delivered several times and in another order. Safe for use by many threads.
 */
public final class Webhooks implements AutoCloseable {
  private static final int TRIES = 6;
  private static final long FIRST_PAUSE = 250;

  private record Endpoint(URI uri, String secret) {}

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final ScheduledExecutorService senders =
      Executors.newScheduledThreadPool(4, Thread.ofVirtual().name("stripe-webhooks").factory());
  private final Phaser underWay = new Phaser(1);
  private final Clock clock;
  private final List<ObjectNode> held = new ArrayList<>();
  private List<Endpoint> endpoints = List.of();
  private Random late;
  private int latest;
  private boolean holding;

  Webhooks(Clock clock) {
    this.clock = clock;
  }

  /** From now on events are sent only to {@code endpoint}, signed with {@code secret}. */
  public synchronized void deliverTo(URI endpoint, String secret) {
    endpoints = List.of(new Endpoint(endpoint, secret));
  }

  /** From now on events are also sent to this endpoint, which has a secret of its own. */
  public synchronized void deliverAlsoTo(URI endpoint, String secret) {
    List<Endpoint> more = new ArrayList<>(endpoints);
    more.add(new Endpoint(endpoint, secret));
    endpoints = List.copyOf(more);
  }

  /**
   * From now on each event is late by a random time up to this many milliseconds; the random
   * numbers start from {@code seed}.
   */
  public synchronized void late(int milliseconds, long seed) {
    latest = milliseconds;
    late = new Random(seed);
  }

  /** From now on events are held back until {@link #release}. */
  public synchronized void hold() {
    holding = true;
  }

  /**
   * Drops the events that were held back, and returns them. From now on events are sent at once
   * again.
   */
  public synchronized List<ObjectNode> drop() {
    List<ObjectNode> dropped = List.copyOf(held);
    held.clear();
    holding = false;
    return dropped;
  }

  /**
   * Delivers the events that were held back, each {@code copies} times, in a random order from
   * {@code seed}.
   */
  public void release(int copies, long seed) {
    List<ObjectNode> batch = new ArrayList<>();
    drop().forEach(event -> batch.addAll(Collections.nCopies(copies, event)));
    Collections.shuffle(batch, new Random(seed));
    batch.forEach(this::deliver);
  }

  synchronized void happened(ObjectNode event) {
    if (holding) {
      held.add(event);
      return;
    }
    for (Endpoint endpoint : endpoints) {
      underWay.register();
      send(event, endpoint, 1, late == null ? 0 : late.nextInt(latest + 1));
    }
  }

  private void send(ObjectNode event, Endpoint endpoint, int attempt, long pause) {
    senders.schedule(() -> attempt(event, endpoint, attempt), pause, TimeUnit.MILLISECONDS);
  }

  private void attempt(ObjectNode event, Endpoint endpoint, int attempt) {
    int status = deliver(event, endpoint);
    if (status / 100 == 2 || attempt == TRIES || senders.isShutdown()) {
      underWay.arriveAndDeregister();
    } else {
      send(event, endpoint, attempt + 1, FIRST_PAUSE << attempt);
    }
  }

  /**
   * Delivers one event now, once; returns the status of the first endpoint's answer, 0 without one.
   */
  public int deliver(ObjectNode event) {
    Endpoint first;
    synchronized (this) {
      first = endpoints.getFirst();
    }
    return deliver(event, first);
  }

  private int deliver(ObjectNode event, Endpoint endpoint) {
    byte[] body = event.toPrettyString().getBytes(StandardCharsets.UTF_8);
    var signature = sign(endpoint.secret(), clock.instant().getEpochSecond(), body);
    var request =
        HttpRequest.newBuilder(endpoint.uri())
            .timeout(Duration.ofSeconds(10))
            .header("Content-Type", "application/json; charset=utf-8")
            .header("Stripe-Signature", signature)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    try {
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  /** The header that Stripe sends with a body: an HMAC-SHA256 of time and body. */
  public static String sign(String secret, long epochSecond, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      mac.update((epochSecond + ".").getBytes(StandardCharsets.UTF_8));
      return "t=" + epochSecond + ",v1=" + HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until all events so far were delivered, or tried often enough. */
  public void flush() throws InterruptedException {
    try {
      underWay.awaitAdvanceInterruptibly(underWay.arrive(), 30, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("Webhooks are stuck", e);
    }
  }

  @Override
  public void close() {
    senders.shutdownNow();
    http.shutdownNow();
  }
}
