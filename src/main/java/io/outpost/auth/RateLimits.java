package io.outpost.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.outpost.platform.Principal;
import io.outpost.platform.Problem;
import io.outpost.platform.aws.Items;
import io.outpost.platform.aws.Names;
import io.outpost.platform.http.Call;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * Requests a minute of each key, over all containers: permits are drawn from one shared counter a
 * minute, in chunks that shrink towards the limit, so that the sum never exceeds it and little is
 * left unused. Thread-safe.
 *
 * <p>Header fields: draft-ietf-httpapi-ratelimit-headers.
 */
@Component("rateLimits")
public class RateLimits {

  private static final long WINDOW_SECONDS = 60;

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final Clock clock;
  private final Cache<String, Window> windows;

  @Autowired
  RateLimits(DynamoDbClient dynamoDb, Names names, AuthSettings settings) {
    this(dynamoDb, names, settings, Clock.systemUTC());
  }

  RateLimits(DynamoDbClient dynamoDb, Names names, AuthSettings settings, Clock clock) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.clock = clock;
    this.windows =
        Caffeine.newBuilder()
            .maximumSize(settings.cachedKeys())
            .expireAfterAccess(Duration.ofSeconds(2 * WINDOW_SECONDS))
            .build();
  }

  /**
   * Takes one permit for the call and says how many are left.
   *
   * @throws Problem 429 when none is left in this minute
   */
  public void take(@ExchangeProperty(Call.NAME) Call call) {
    var caller = call.principal();
    var seconds = clock.instant().getEpochSecond();
    var minute = seconds / WINDOW_SECONDS;
    var reset = WINDOW_SECONDS - seconds % WINDOW_SECONDS;
    var window =
        windows
            .asMap()
            .compute(
                caller.keyId(),
                (id, old) -> old != null && old.minute == minute ? old : new Window(minute));
    var left = window.take(caller);
    call.answerHeader(
        "RateLimit-Policy", "\"default\";q=" + caller.rateLimit() + ";w=" + WINDOW_SECONDS);
    call.answerHeader("RateLimit", "\"default\";r=" + Math.max(left, 0) + ";t=" + reset);
    if (left < 0) {
      throw new Problem(
          Problem.Code.RATE_LIMITED,
          "This key may make %d requests a minute; wait %d s.".formatted(caller.rateLimit(), reset),
          List.of(),
          Map.of("Retry-After", Long.toString(reset)));
    }
  }

  /**
   * One key's minute in this container: permits in hand, and what is known of the shared counter.
   */
  private final class Window {
    private final long minute;
    private int inHand;
    private long drawn;

    Window(long minute) {
      this.minute = minute;
    }

    /** Permits left afterwards; -1 when there was none to take. */
    synchronized long take(Principal caller) {
      while (inHand == 0) {
        var free = caller.rateLimit() - drawn;
        if (free <= 0) {
          return -1;
        }
        draw(caller, (int) Math.clamp(free / 4, 1, Math.max(1, caller.rateLimit() / 10)));
      }
      inHand--;
      return caller.rateLimit() - drawn + inHand;
    }

    private void draw(Principal caller, int chunk) {
      var most = caller.rateLimit() - chunk;
      try {
        var drawnNow =
            dynamoDb.updateItem(
                u ->
                    u.tableName(names.table("rate-limits"))
                        .key(Map.of("window_key", Items.text(caller.keyId() + "#" + minute)))
                        .updateExpression("ADD used :chunk SET expires_at = :expires")
                        .conditionExpression("attribute_not_exists(used) OR used <= :most")
                        .expressionAttributeValues(
                            Map.of(
                                ":chunk", Items.number(chunk),
                                ":most", Items.number(most),
                                ":expires", Items.number((minute + 3) * WINDOW_SECONDS)))
                        .returnValues(ReturnValue.UPDATED_NEW)
                        .returnValuesOnConditionCheckFailure(
                            ReturnValuesOnConditionCheckFailure.ALL_OLD));
        drawn = Long.parseLong(drawnNow.attributes().get("used").n());
        inHand = chunk;
      } catch (ConditionalCheckFailedException e) {
        drawn = Long.parseLong(e.item().get("used").n());
      }
    }
  }
}
