package io.outpost.worker;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.LoadingCache;
import com.github.benmanes.caffeine.cache.Ticker;
import io.outpost.agents.Agent;
import io.outpost.agents.ReservedNames;
import io.outpost.tenant.TenantSecret;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;

/**
 * Reads a tenant's provider keys, only when an agent starts. Until the tenant changes a key, its
 * value is cached for five minutes, and the absence of a key for two seconds. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("providerKeys")
public class ProviderKeys {

  private static final Logger LOG = LoggerFactory.getLogger(ProviderKeys.class);

  private static final Duration REMEMBERED = Duration.ofMinutes(5);

  /**
   * How long a missing key is remembered. A tenant that adds its first key will submit the job
   * again at once.
   */
  private static final Duration ABSENCE_REMEMBERED = Duration.ofSeconds(2);

  private static final int MOST = 10_000;

  private final SecretsManagerClient secrets;
  private final LoadingCache<Name, Kept> values;
  private final Cache<String, Long> changed;

  private record Name(String tenantId, String variable) {}

  /**
   * A cached value; empty when the tenant has no such key.
   *
   * @param read when reading began, by {@link System#nanoTime}
   */
  private record Kept(Optional<String> value, long read) {}

  @Autowired
  ProviderKeys(SecretsManagerClient secrets) {
    this(secrets, Ticker.systemTicker());
  }

  ProviderKeys(SecretsManagerClient secrets, Ticker clock) {
    this.secrets = secrets;
    this.values =
        Caffeine.newBuilder()
            .maximumSize(MOST)
            .ticker(clock)
            .expireAfter(
                Expiry.<Name, Kept>writing(
                    (name, kept) -> kept.value().isPresent() ? REMEMBERED : ABSENCE_REMEMBERED))
            .build(this::load);
    this.changed = Caffeine.newBuilder().expireAfterWrite(REMEMBERED).build();
  }

  /**
   * The tenant's keys for the agent, by variable, without reserved names.
   *
   * @param more names of further secrets that the job asks for; may be null
   */
  Map<String, String> of(String tenantId, Agent agent, @Nullable List<String> more) {
    var keys = new HashMap<String, String>();
    var wanted = new ArrayList<>(agent.providerVariables());
    for (var name : more == null ? List.<String>of() : more) {
      // Names are checked when secrets are stored, but a later release may reserve more names.
      if (ReservedNames.contains(name)) {
        LOG.warn(
            "The agent does not get {} of tenant {}: the name is reserved now", name, tenantId);
      } else {
        wanted.add(name);
      }
    }
    for (var variable : wanted) {
      value(new Name(tenantId, variable)).ifPresent(value -> keys.put(variable, value));
    }
    return keys;
  }

  /** A tenant's secret; empty when it does not exist. */
  Optional<String> find(String tenantId, String name) {
    return value(new Name(tenantId, name));
  }

  /** Whether any secret of the tenant is cached, so that it may be out of date. */
  boolean remembers(String tenantId) {
    return values.asMap().keySet().stream().anyMatch(name -> name.tenantId().equals(tenantId));
  }

  /** Removes the tenant's keys from the cache, including keys that are being read at the moment. */
  public void forget(String tenantId) {
    changed.put(tenantId, System.nanoTime());
    values.asMap().keySet().removeIf(name -> name.tenantId().equals(tenantId));
  }

  private Optional<String> value(Name name) {
    var kept = values.get(name);
    var change = changed.getIfPresent(name.tenantId());
    if (change != null && kept.read() - change < 0) {
      values.asMap().remove(name, kept);
      kept = values.get(name);
    }
    return kept.value();
  }

  /** Reads a key. A missing or deleted key is no error: the agent runs without it. */
  private Kept load(Name name) {
    var began = System.nanoTime();
    try {
      var id = TenantSecret.name(name.tenantId(), name.variable());
      return new Kept(
          Optional.of(secrets.getSecretValue(g -> g.secretId(id)).secretString()), began);
    } catch (ResourceNotFoundException | InvalidRequestException e) {
      return new Kept(Optional.empty(), began);
    }
  }
}
