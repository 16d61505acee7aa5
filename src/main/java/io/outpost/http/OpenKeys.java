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
 * Counts the Idempotency-Keys of a tenant in a day, because each is stored for a day. Requests need
 * no extra call: each container counts locally and, at each hundredth of the cap, adds its count to
 * a shared counter in the background. So each container can exceed the cap by a hundredth.
 * Thread-safe.
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
   * @param idempotencyKeys how many keys of a tenant are stored, by its tier
   */
  @ConfigurationProperties("outpost.http")
  record Most(Map<Tier, Integer> idempotencyKeys) {}

  OpenKeys(DynamoDbClient dynamoDb, Names names, Most most) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.most = most;
  }

  /** The cap for a tenant of the caller's tier. */
  int most(Principal caller) {
    return caller.tier().in(most.idempotencyKeys());
  }

  /** Whether the caller's tenant may use one more key; if so, counts it. */
  boolean admit(Principal caller) {
    var cap = most(caller);
    var day = clock.instant().getEpochSecond() / DAY_SECONDS;
    var whose = "keys#" + caller.tenantId() + "#" + day;
    return counts.get(whose, w -> new Count(w, (day + 2) * DAY_SECONDS)).admit(cap);
  }

  /**
   * The counts of a tenant on one day: the shared count as last known, and this container's own
   * count that was not added to it yet.
   */
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
      } catch (RuntimeException e) { // also when the AWS client was closed meanwhile
        LOG.warn("The Idempotency-Keys of a tenant were not counted: {}", e.toString());
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
