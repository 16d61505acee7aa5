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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Sends the account's events to one endpoint, signed. While held back they gather, to be delivered
 * doubled and in another order. Safe for use by many threads.
 */
public final class Webhooks implements AutoCloseable {
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final ExecutorService sender =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("stripe-webhooks").factory());
  private final Clock clock;
  private final List<ObjectNode> held = new ArrayList<>();
  private URI endpoint;
  private String secret = "whsec_stub";
  private boolean holding;

  Webhooks(Clock clock) {
    this.clock = clock;
  }

  /** From now on events go to {@code endpoint}, signed with {@code secret}. */
  public synchronized void deliverTo(URI endpoint, String secret) {
    this.endpoint = endpoint;
    this.secret = secret;
  }

  /** From now on events gather until {@link #release}. */
  public synchronized void hold() {
    holding = true;
  }

  /** Forgets what gathered and sends events as they happen again. */
  public synchronized List<ObjectNode> drop() {
    List<ObjectNode> dropped = List.copyOf(held);
    held.clear();
    holding = false;
    return dropped;
  }

  /** Delivers what gathered, each event {@code copies} times, in an order drawn from a seed. */
  public void release(int copies, long seed) {
    List<ObjectNode> batch = new ArrayList<>();
    drop().forEach(event -> batch.addAll(Collections.nCopies(copies, event)));
    Collections.shuffle(batch, new Random(seed));
    batch.forEach(this::deliver);
  }

  synchronized void happened(ObjectNode event) {
    if (holding) {
      held.add(event);
    } else if (endpoint != null) {
      sender.execute(() -> deliver(event));
    }
  }

  /** Delivers one event now and answers the endpoint's status, or 0 where it was not reached. */
  public int deliver(ObjectNode event) {
    byte[] body = event.toPrettyString().getBytes(StandardCharsets.UTF_8);
    HttpRequest request;
    synchronized (this) {
      request =
          HttpRequest.newBuilder(endpoint)
              .timeout(Duration.ofSeconds(10))
              .header("Content-Type", "application/json; charset=utf-8")
              .header("Stripe-Signature", sign(secret, clock.instant().getEpochSecond(), body))
              .POST(HttpRequest.BodyPublishers.ofByteArray(body))
              .build();
    }
    try {
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  /** The header that Stripe sends with a body: HMAC-SHA256 over time and body. */
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

  /** Waits until what happened so far was delivered. */
  public void flush() throws InterruptedException {
    var done = new CountDownLatch(1);
    sender.execute(done::countDown);
    if (!done.await(30, TimeUnit.SECONDS)) {
      throw new IllegalStateException("Webhooks are stuck");
    }
  }

  @Override
  public void close() {
    sender.shutdownNow();
    http.shutdownNow();
  }
}
