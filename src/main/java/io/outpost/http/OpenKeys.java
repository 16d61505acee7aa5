package io.outpost.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.outpost.aws.Names;
import io.outpost.store.Items;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tier;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;

/**
 * How many Idempotency-Keys of a tenant are remembered: those of a day, as each is for a day. A
 * request asks nobody: each container counts, and adds what it counted to a shared counter beside
 * the requests whenever that is a hundredth of the cap, by which it may be passed. Thread-safe.
 */
@Component
@EnableConfigurationProperties(OpenKeys.Most.class)
class OpenKeys {

  private static final Logger LOG = LoggerFactory.getLogger(OpenKeys.class);
  private static final long DAY_SECONDS = 86_400;
  private static final int TENANTS = 100_000;
  private static final int STEPS = 100;

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final Most most;
  private final Clock clock = Clock.systemUTC();
  private final Cache<String, Count> counts =
      Caffeine.newBuilder().maximumSize(TENANTS).expireAfterAccess(Duration.ofDays(1)).build();

  /**
   * The caps.
   *
   * @param idempotencyKeys how many keys of a tenant are remembered, by its tier
   */
  @ConfigurationProperties("outpost.http")
  record Most(Map<Tier, Integer> idempotencyKeys) {}

  OpenKeys(DynamoDbClient dynamoDb, Names names, Most most) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.most = most;
  }

  /** How many keys a tenant of the caller's tier may have. */
  int most(Principal caller) {
    return caller.tier().in(most.idempotencyKeys());
  }

  /** Whether the caller's tenant may have one more, which is counted then. */
  boolean admit(Principal caller) {
    var cap = most(caller);
    var day = clock.instant().getEpochSecond() / DAY_SECONDS;
    var whose = "keys#" + caller.tenantId() + "#" + day;
    return counts.get(whose, w -> new Count(w, (day + 2) * DAY_SECONDS)).admit(cap);
  }

  /** What is known of a tenant's day: what all containers have told, and what this one has not. */
  private final class Count {
    private final String whose;
    private final long expires;
    private long told;
    private int untold;
    private boolean telling;

    Count(String whose, long expires) {
      this.whose = whose;
      this.expires = expires;
    }

    synchronized boolean admit(int cap) {
      if (told + untold >= cap) {
        return false;
      }
      untold++;
      if (untold >= Math.max(1, cap / STEPS) && !telling) {
        telling = true;
        var unused = Thread.startVirtualThread(this::tell);
      }
      return true;
    }

    private void tell() {
      int count;
      synchronized (this) {
        count = untold;
      }
      try {
        var sum = add(count);
        synchronized (this) {
          told = sum;
          untold -= count;
        }
      } catch (RuntimeException e) { // also of a client that was closed meanwhile
        LOG.warn("Idempotency-Keys of a tenant were not counted: {}", e.toString());
      } finally {
        synchronized (this) {
          telling = false;
        }
      }
    }

    private long add(int count) {
      var now =
          dynamoDb.updateItem(
              u ->
                  u.tableName(names.table("rate-limits"))
                      .key(Map.of("window_key", Items.text(whose)))
                      .updateExpression("ADD used :count SET expires_at = :expires")
                      .expressionAttributeValues(
                          Map.of(":count", Items.number(count), ":expires", Items.number(expires)))
                      .returnValues(ReturnValue.UPDATED_NEW));
      return Long.parseLong(Items.required(now.attributes(), "used").n());
    }
  }
}
