package io.outpost.worker;

import io.outpost.platform.TenantSecret;
import io.outpost.platform.agents.Agent;
import java.util.HashMap;
import java.util.Map;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;

/** Reads a tenant's provider keys, at the launch of an agent and nowhere else. Thread-safe. */
@Component
class ProviderKeys {

  private final SecretsManagerClient secrets;

  ProviderKeys(SecretsManagerClient secrets) {
    this.secrets = secrets;
  }

  /** The keys that the agent knows and the tenant has, by variable. */
  Map<String, String> of(String tenantId, Agent agent) {
    var keys = new HashMap<String, String>();
    for (var variable : agent.providerVariables()) {
      try {
        var name = TenantSecret.name(tenantId, variable);
        keys.put(variable, secrets.getSecretValue(g -> g.secretId(name)).secretString());
      } catch (ResourceNotFoundException | InvalidRequestException e) {
        // The tenant has none, or has deleted it: the agent runs without.
      }
    }
    return keys;
  }
}
