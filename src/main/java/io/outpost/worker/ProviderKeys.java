package io.outpost.worker;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.LoadingCache;
import com.github.benmanes.caffeine.cache.Ticker;
import io.outpost.agents.Agent;
import io.outpost.tenant.TenantSecret;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;

/**
 * Reads a tenant's provider keys, at the launch of an agent and nowhere else; remembered for five
 * minutes (that there is none, for seconds), forgotten when the tenant changes one. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("providerKeys")
public class ProviderKeys {

  private static final Duration REMEMBERED = Duration.ofMinutes(5);

  /** Short: whoever adds the first key sends the job again at once. */
  private static final Duration ABSENCE_REMEMBERED = Duration.ofSeconds(2);

  private static final int MOST = 10_000;

  private final SecretsManagerClient secrets;
  private final LoadingCache<Name, Optional<String>> values;

  private record Name(String tenantId, String variable) {}

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
                Expiry.<Name, Optional<String>>writing(
                    (name, value) -> value.isPresent() ? REMEMBERED : ABSENCE_REMEMBERED))
            .build(this::load);
  }

  /** The keys that the agent knows and the tenant has, by variable. */
  Map<String, String> of(String tenantId, Agent agent) {
    var keys = new HashMap<String, String>();
    for (var variable : agent.providerVariables()) {
      values.get(new Name(tenantId, variable)).ifPresent(value -> keys.put(variable, value));
    }
    return keys;
  }

  /** Forgets the keys of a tenant. */
  public void forget(String tenantId) {
    values.asMap().keySet().removeIf(name -> name.tenantId().equals(tenantId));
  }

  /** A tenant without a key, or with a deleted one, has none: the agent runs without. */
  private Optional<String> load(Name name) {
    try {
      var id = TenantSecret.name(name.tenantId(), name.variable());
      return Optional.of(secrets.getSecretValue(g -> g.secretId(id)).secretString());
    } catch (ResourceNotFoundException | InvalidRequestException e) {
      return Optional.empty();
    }
  }
}
