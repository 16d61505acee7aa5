package io.outpost.worker;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.outpost.platform.TenantSecret;
import io.outpost.platform.agents.Agent;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;

/**
 * Reads a tenant's provider keys, at the launch of an agent and nowhere else; remembered for five
 * minutes, forgotten when the tenant changes one. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("providerKeys")
public class ProviderKeys {

  private static final Duration REMEMBERED = Duration.ofMinutes(5);
  private static final int MOST = 10_000;

  private final SecretsManagerClient secrets;
  private final LoadingCache<Name, String> values;

  private record Name(String tenantId, String variable) {}

  ProviderKeys(SecretsManagerClient secrets) {
    this.secrets = secrets;
    this.values =
        Caffeine.newBuilder().maximumSize(MOST).expireAfterWrite(REMEMBERED).build(this::load);
  }

  /** The keys that the agent knows and the tenant has, by variable. */
  Map<String, String> of(String tenantId, Agent agent) {
    var keys = new HashMap<String, String>();
    for (var variable : agent.providerVariables()) {
      var value = values.get(new Name(tenantId, variable));
      if (value != null) {
        keys.put(variable, value);
      }
    }
    return keys;
  }

  /** Forgets the keys of a tenant. */
  public void forget(String tenantId) {
    values.asMap().keySet().removeIf(name -> name.tenantId().equals(tenantId));
  }

  /**
   * A tenant without a key, or with a deleted one, has none (null is not remembered): the agent
   * runs without.
   */
  private String load(Name name) {
    try {
      var id = TenantSecret.name(name.tenantId(), name.variable());
      return secrets.getSecretValue(g -> g.secretId(id)).secretString();
    } catch (ResourceNotFoundException | InvalidRequestException e) {
      return null;
    }
  }
}
