package io.outpost.webhooks;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookSigningException;
import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.aws.Names;
import io.outpost.event.Event;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.telemetry.Objective;
import io.outpost.webhooks.Delivery.Attempt;
import io.outpost.webhooks.Delivery.Status;
import io.outpost.webhooks.EndpointRounds.Queued;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/**
 * The steps around a delivery attempt: preparing the request and recording the result. Under one
 * lease nothing is sent twice. After a crash a delivery may be sent again, under the same id.
 * Thread-safe.
 */
@Component("deliveryAttempts")
public class Attempts {

  private static final Duration SECRETS_REMEMBERED = Duration.ofMinutes(5);
  private static final int MOST_SECRETS = 10_000;
  private static final double JITTER = 0.2;

  private final DeliveryQueue queue;
  private final Transactions transactions;
  private final WebhookSettings settings;
  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final MeterRegistry meters;
  private final Clock clock;
  private final LoadingCache<Version, String> secrets;

  Attempts(
      DeliveryQueue queue,
      Transactions transactions,
      WebhookSettings settings,
      DynamoDbClient dynamoDb,
      SecretsManagerClient manager,
      Items items,
      Names names,
      MeterRegistry meters,
      Clock clock) {
    this.queue = queue;
    this.transactions = transactions;
    this.settings = settings;
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
    this.meters = meters;
    this.clock = clock;
    this.secrets =
        Caffeine.newBuilder()
            .maximumSize(MOST_SECRETS)
            .expireAfterWrite(SECRETS_REMEMBERED)
            .build(version -> read(manager, version));
  }

  /** The key of a cached secret. A version of a secret never changes. */
  private record Version(String secret, String id) {}

  private static String read(SecretsManagerClient manager, Version version) {
    return manager
        .getSecretValue(g -> g.secretId(version.secret()).versionId(version.id()))
        .secretString();
  }

  /** Signs a delivery with its event; null when it need not be sent any more. */
  public @Nullable Outgoing begin(@Body Queued queued, @ExchangeProperty("round") Round round) {
    var endpoint = round.endpoint();
    var item = item(Delivery.key(endpoint.tenantId(), endpoint.webhookId(), queued.deliveryId()));
    if (item.isEmpty()) {
      return null;
    }
    var delivery = items.read(item, Delivery.class);
    var event = item(Event.key(endpoint.tenantId(), delivery.eventId()));
    if (delivery.status() != Status.pending || event.isEmpty()) {
      return null;
    }
    var outgoing = signed(endpoint, delivery, items.read(event, Event.class));
    measure(outgoing, round);
    return outgoing;
  }

  /**
   * Measures the delay of an event's first attempt. Later attempts wait for a slow, failing or
   * paused endpoint, which is not our fault.
   */
  private void measure(Outgoing outgoing, Round round) {
    if (outgoing.delivery().attempts().isEmpty()) {
      var at = outgoing.event().at();
      var due = at.isAfter(round.freeSince()) ? at : round.freeSince();
      Objective.WEBHOOKS.took(meters, Duration.between(due, clock.instant()));
    }
  }

  /**
   * Removes a delivery from the queue, because its event no longer exists or it is no longer
   * pending.
   */
  public void drop(@Body Queued queued, @ExchangeProperty("round") Round round) {
    var change = new Change();
    queue.drop(change, round.endpoint().tenantId(), queued.sk());
    transactions.write(change);
  }

  private Outgoing signed(Endpoint endpoint, Delivery delivery, Event event) {
    var now = Instant.now();
    var headers = new LinkedHashMap<String, String>();
    headers.put("content-type", "application/json");
    headers.put("user-agent", "Outpost-Webhooks/1");
    headers.put("webhook-id", event.eventId());
    headers.put("webhook-timestamp", Long.toString(now.getEpochSecond()));
    headers.put("webhook-signature", signatures(endpoint, event, now));
    return new Outgoing(endpoint, delivery, event, headers);
  }

  private String signatures(Endpoint endpoint, Event event, Instant now) {
    var secret = Endpoint.secretName(endpoint.tenantId(), endpoint.webhookId());
    var all = new StringJoiner(" ");
    for (var version : endpoint.secrets()) {
      if (version.until() == null || version.until().isAfter(now)) {
        all.add(sign(secrets.get(new Version(secret, version.id())), event, now));
      }
    }
    return all.toString();
  }

  private static String sign(String secret, Event event, Instant now) {
    try {
      return new Webhook(secret).sign(event.eventId(), now.getEpochSecond(), event.payload());
    } catch (WebhookSigningException e) {
      throw new IllegalStateException("A webhook could not be signed", e);
    }
  }

  /** Records a successful delivery. */
  public void succeed(
      @ExchangeProperty("outgoing") Outgoing outgoing,
      @ExchangeProperty("deliveryAnswer") Answer answer,
      @ExchangeProperty("round") Round round) {
    round.noteSuccess();
    write(outgoing, answer, Status.succeeded, null);
  }

  /** Whether another attempt follows the failed one. */
  public boolean isTriedAgain(@ExchangeProperty("outgoing") Outgoing outgoing) {
    return outgoing.delivery().tries() < settings.retryAfter().size();
  }

  /**
   * Schedules the next attempt: later after each failure, and not before the endpoint's
   * Retry-After.
   */
  public void postpone(
      @ExchangeProperty("outgoing") Outgoing outgoing,
      @ExchangeProperty("deliveryAnswer") Answer answer,
      @ExchangeProperty("round") Round round) {
    round.noteFailure();
    var pause = settings.retryAfter().get(outgoing.delivery().tries());
    var spread = 1 + JITTER * (2 * ThreadLocalRandom.current().nextDouble() - 1);
    var next = Instant.now().plusMillis((long) (pause.toMillis() * spread));
    if (answer.retryAfter() != null) {
      round.rest(answer.retryAfter());
      next = answer.retryAfter().isAfter(next) ? answer.retryAfter() : next;
    }
    write(outgoing, answer, Status.pending, next.truncatedTo(ChronoUnit.MILLIS));
  }

  /** Gives the delivery up. */
  public void fail(
      @ExchangeProperty("outgoing") Outgoing outgoing,
      @ExchangeProperty("deliveryAnswer") Answer answer,
      @ExchangeProperty("round") Round round) {
    round.noteFailure();
    write(outgoing, answer, Status.failed, null);
  }

  /** Gives the delivery up, because the endpoint is gone. */
  public void gone(
      @ExchangeProperty("outgoing") Outgoing outgoing,
      @ExchangeProperty("deliveryAnswer") Answer answer,
      @ExchangeProperty("round") Round round) {
    round.noteGone();
    fail(outgoing, answer, round);
  }

  private void write(Outgoing outgoing, Answer answer, Status status, @Nullable Instant next) {
    var attempt =
        new Attempt(
            answer.at().truncatedTo(ChronoUnit.MILLIS),
            answer.statusCode(),
            answer.error(),
            answer.took().toMillis(),
            outgoing.headers(),
            answer.headers(),
            answer.body());
    var change = new Change();
    queue.replace(change, outgoing.delivery(), outgoing.delivery().tried(attempt, status, next));
    if (status != Status.pending && outgoing.event().isOfJob()) {
      queue.tell(change, outgoing, status, answer);
    }
    transactions.write(change);
  }

  private Map<String, AttributeValue> item(Map<String, AttributeValue> key) {
    return dynamoDb
        .getItem(g -> g.tableName(names.table("webhooks")).key(key).consistentRead(true))
        .item();
  }
}
