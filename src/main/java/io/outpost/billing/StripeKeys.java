package io.outpost.billing;

import io.outpost.aws.Names;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.util.ObjectHelper;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/**
 * The idempotency keys of our calls to Stripe. Stripe stores the first answer to a key for a day,
 * even an error (docs.stripe.com/api/idempotent_requests). So a key whose answer is an error is
 * retired on every container, and the next attempt uses a new one. Thread-safe.
 */
@Component("stripeKeys")
public class StripeKeys {
  private static final Duration KEPT = Duration.ofDays(2);
  private static final long LONGEST_WAIT_SECONDS = 10;

  private final DynamoDbClient dynamoDb;
  private final Names names;

  StripeKeys(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /** A call failed and must not be repeated unchanged. */
  public static final class Final extends RuntimeException {
    private static final long serialVersionUID = 1;

    Final(String why) {
      super(why, null, false, false);
    }
  }

  /** The value of the header Idempotency-Key; null for none. */
  public @Nullable String current(@Variable("stripeCall") StripeCall call) {
    if (call.idempotencyKey() == null) {
      return null;
    }
    long retired = retired(call.idempotencyKey());
    return retired == 0 ? call.idempotencyKey() : call.idempotencyKey() + "-" + retired;
  }

  /** Retires the key after a refusal, because under it Stripe would repeat the refusal. */
  public void refused(
      @Variable("stripeCall") StripeCall call, @Variable("stripeKey") @Nullable String key) {
    if (key != null && call.idempotencyKey() != null) {
      retire(call.idempotencyKey(), key);
    }
  }

  /**
   * Decides after a failed call: throws its exception again, so that the call is retried, or {@link
   * Final} when a retry would be wrong.
   */
  public void failed(
      @Variable("stripeCall") StripeCall call,
      @Variable("stripeKey") @Nullable String key,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception caught,
      Exchange exchange)
      throws HttpOperationFailedException {
    var answer = ObjectHelper.getException(HttpOperationFailedException.class, caught);
    boolean ofStripes = answer.getStatusCode() >= 500;
    if (ofStripes && key != null && call.idempotencyKey() != null) {
      retire(call.idempotencyKey(), key);
    }
    String advice = header(answer, "Stripe-Should-Retry");
    if ("false".equals(advice)) {
      throw new Final("it says not to try again: " + answer.getStatusCode());
    }
    if (ofStripes && call.once()) {
      throw new Final("it failed, and its effect is searched for first");
    }
    rest(answer, exchange);
    throw answer;
  }

  /**
   * Makes the retry wait as long as Stripe asks. When that is too long, the call fails, and the
   * queue or the next timer repeats it later.
   */
  private static void rest(HttpOperationFailedException answer, Exchange exchange) {
    String wait = header(answer, "Retry-After");
    if (wait != null && wait.matches("\\d{1,6}")) {
      long seconds = Long.parseLong(wait);
      if (seconds > LONGEST_WAIT_SECONDS) {
        throw new Final("it asks to wait for " + seconds + " s");
      }
      exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, seconds * 1_000);
    } else {
      exchange.getMessage().removeHeader(Exchange.REDELIVERY_DELAY);
    }
  }

  private static @Nullable String header(HttpOperationFailedException answer, String name) {
    return answer.getResponseHeaders() == null
        ? null
        : answer.getResponseHeaders().entrySet().stream()
            .filter(header -> header.getKey().equalsIgnoreCase(name))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse(null);
  }

  long retired(String key) {
    var found = dynamoDb.getItem(g -> g.tableName(table()).key(item(key)).consistentRead(true));
    return found.hasItem() ? Long.parseLong(Items.required(found.item(), "retired").n()) : 0;
  }

  private void retire(String base, String used) {
    retire(base, used.equals(base) ? 0 : Long.parseLong(used.substring(base.length() + 1)));
  }

  /** Retires a key once, even when several containers see the error. */
  void retire(String base, long generation) {
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(table())
                  .key(item(base))
                  .updateExpression("SET retired = :next, expires_at = :expires")
                  .conditionExpression("attribute_not_exists(retired) OR retired = :used")
                  .expressionAttributeValues(
                      Map.of(
                          ":next", Items.number(generation + 1),
                          ":used", Items.number(generation),
                          ":expires", Items.number(Instant.now().plus(KEPT).getEpochSecond()))));
    } catch (ConditionalCheckFailedException e) {
      // Another container has retired the key.
    }
  }

  private String table() {
    return names.table("usage");
  }

  private static Map<String, AttributeValue> item(String key) {
    return Map.of("tenant_id", Items.text("stripe-keys"), "sk", Items.text(key));
  }
}
