package io.outpost.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import io.outpost.store.Items;
import io.outpost.tenant.Principal;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * Limits the requests in a minute of each key and of each tenant, over all containers. Containers
 * draw permits from one shared counter for each minute, in chunks that grow with use and shrink
 * near the limit. So the sum never exceeds the limit, and few permits stay unused. Thread-safe.
 *
 * <p>The header fields follow draft-ietf-httpapi-ratelimit-headers.
 */
@Component("rateLimits")
public class RateLimits {

  private static final long WINDOW_SECONDS = 60;

  /**
   * A container's first chunk is the limit divided by this number; no chunk is more than a tenth of
   * the limit.
   */
  private static final int FIRST_SHARE = 50;

  private static final int LARGEST_SHARE = 10;

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final AuthSettings settings;
  private final Clock clock;
  private final Cache<String, Window> windows;

  @Autowired
  RateLimits(DynamoDbClient dynamoDb, Names names, AuthSettings settings) {
    this(dynamoDb, names, settings, Clock.systemUTC());
  }

  RateLimits(DynamoDbClient dynamoDb, Names names, AuthSettings settings, Clock clock) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.settings = settings;
    this.clock = clock;
    this.windows =
        Caffeine.newBuilder()
            .maximumSize(settings.cachedKeys())
            .expireAfterAccess(Duration.ofSeconds(2 * WINDOW_SECONDS))
            .build();
  }

  /**
   * Takes one permit of the key and one of the tenant for the call, or none, and sets the RateLimit
   * headers.
   *
   * @throws Problem 429 when none is left in this minute
   */
  public void take(@ExchangeProperty(Call.NAME) Call call) {
    var caller = call.principal();
    var seconds = clock.instant().getEpochSecond();
    var reset = WINDOW_SECONDS - seconds % WINDOW_SECONDS;
    var minute = seconds / WINDOW_SECONDS;
    var key = window(caller.keyId(), caller.rateLimit(), minute);
    var ofKey = key.take();
    var left = ofKey < 0 ? ofKey : Math.min(ofKey, takeOfTenant(caller, minute));
    if (ofKey >= 0 && left < 0) {
      key.giveBack();
    }
    call.answerHeader(
        "RateLimit-Policy", "\"default\";q=" + caller.rateLimit() + ";w=" + WINDOW_SECONDS);
    call.answerHeader("RateLimit", "\"default\";r=" + Math.max(left, 0) + ";t=" + reset);
    if (left < 0) {
      throw new Problem(
          Problem.Code.RATE_LIMITED,
          ofKey < 0
              ? "This key may make %d requests a minute; wait %d s."
                  .formatted(caller.rateLimit(), reset)
              : "All keys of this tenant together may make %d requests a minute; wait %d s."
                  .formatted(tenantLimit(caller), reset),
          List.of(),
          Map.of("Retry-After", Long.toString(reset)));
    }
  }

  /**
   * Takes one of the key's permits; returns how many are left in the minute, -1 when there was none
   * to take.
   */
  long take(Principal caller, long minute) {
    return take(caller.keyId(), caller.rateLimit(), minute);
  }

  /** Takes one of the permits that all keys of the tenant share; returns how many are left. */
  long takeOfTenant(Principal caller, long minute) {
    return caller.tenantId().equals(Ids.OPERATORS)
        ? Long.MAX_VALUE
        : take(caller.tenantId(), tenantLimit(caller), minute);
  }

  /** The limit of a tenant, which is at least that of the key. */
  private int tenantLimit(Principal caller) {
    return Math.max(
        caller.rateLimit(), settings.tenantRateFactor() * settings.rateLimit(caller.tier()));
  }

  private long take(String whose, int limit, long minute) {
    return window(whose, limit, minute).take();
  }

  private Window window(String whose, int limit, long minute) {
    return windows
        .asMap()
        .compute(
            whose,
            (id, old) ->
                old != null && old.minute >= minute ? old : new Window(whose, limit, minute));
  }

  /**
   * The current minute of a key or tenant in this container: its permits that are not used yet, and
   * the shared count as last known.
   */
  private final class Window {
    private final String whose;
    private final int limit;
    private final long minute;
    private int taken;
    private int inHand;
    private long drawn;
    private @Nullable CompletableFuture<Void> drawing;

    Window(String whose, int limit, long minute) {
      this.whose = whose;
      this.limit = limit;
      this.minute = minute;
    }

    long take() {
      while (true) {
        CompletableFuture<Void> awaited;
        var chunk = 0;
        synchronized (this) {
          if (inHand > 0) {
            inHand--;
            taken++;
            return limit - drawn + inHand;
          }
          if (drawn >= limit) {
            return -1;
          }
          if (drawing == null) {
            drawing = new CompletableFuture<>();
            chunk = chunk();
          }
          awaited = drawing;
        }
        if (chunk > 0) {
          draw(chunk, awaited);
        }
        await(awaited);
      }
    }

    /** Makes a permit free again whose call was refused by another limit. */
    synchronized void giveBack() {
      inHand++;
      taken--;
    }

    /**
     * How many permits to draw: as many as were used so far, so that an idle container holds few
     * permits back.
     */
    private int chunk() {
      var wanted = Math.min(Math.max(taken, limit / FIRST_SHARE), (limit - drawn) / 4);
      return Math.clamp(wanted, 1, Math.max(1, limit / LARGEST_SHARE));
    }

    /**
     * Draws permits. All callers that wait for the draw share its failure, so that none must wait
     * for a second one.
     */
    private void draw(int chunk, CompletableFuture<Void> done) {
      try {
        var used = count(chunk);
        synchronized (this) {
          inHand += used.granted() ? chunk : 0;
          drawn = used.sum();
          drawing = null;
        }
        done.complete(null);
      } catch (RuntimeException e) {
        synchronized (this) {
          drawing = null;
        }
        done.completeExceptionally(e);
      }
    }

    private Used count(int chunk) {
      var most = limit - chunk;
      var window = whose.replace("-", "") + "#" + minute;
      try {
        var now =
            dynamoDb.updateItem(
                u ->
                    u.tableName(names.table("rate-limits"))
                        .key(Map.of("window_key", Items.text(window)))
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
        return new Used(true, Long.parseLong(Items.required(now.attributes(), "used").n()));
      } catch (ConditionalCheckFailedException e) {
        return new Used(false, Long.parseLong(Items.required(e.item(), "used").n()));
      }
    }
  }

  private record Used(boolean granted, long sum) {}

  private static void await(CompletableFuture<Void> draw) {
    try {
      draw.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }
}
