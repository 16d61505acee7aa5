package io.outpost.webhooks;

import io.outpost.event.EventType;
import io.outpost.kernel.Rules;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.TenantSecret;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A webhook endpoint of a tenant. Stored in the table webhooks under {@code endpoint#<webhook_id>};
 * in the index {@code open} while there is something to deliver.
 *
 * @param secrets the versions of its secret that sign, the newest first
 * @param disabledReason why Outpost disabled it: gone (it answered 410) or failing; null: Outpost
 *     did not
 * @param failingSince since when no delivery has succeeded; null: the last one succeeded
 */
public record Endpoint(
    String webhookId,
    String tenantId,
    String url,
    List<EventType> events,
    @Nullable String description,
    Status status,
    Instant createdAt,
    Instant updatedAt,
    @Nullable String disabledReason,
    @Nullable Instant failingSince,
    List<SecretVersion> secrets) {

  /** The prefix of endpoints' sort keys. */
  static final String SK_PREFIX = "endpoint#";

  /** Checks the contract's rules. */
  public Endpoint {
    Rules.form("webhook_id", webhookId, Rules.ULID);
    Rules.form("tenant_id", tenantId, Rules.UUID);
    Rules.present("url", url);
    Rules.present("status", status);
    events = List.copyOf(events);
    secrets = secrets == null ? List.of() : List.copyOf(secrets);
  }

  /** Whether events are delivered to the endpoint. */
  public enum Status {
    enabled,
    disabled
  }

  /**
   * A version of the secret in Secrets Manager.
   *
   * @param until when it stops signing; null: at the next rotation
   */
  public record SecretVersion(String id, @Nullable Instant until) {}

  static Map<String, AttributeValue> key(String tenantId, String webhookId) {
    return Tenant.key(tenantId, SK_PREFIX + webhookId);
  }

  /** The name in Secrets Manager of an endpoint's secret, under the tenant's prefix. */
  static String secretName(String tenantId, String webhookId) {
    return TenantSecret.name(tenantId, "webhooks/" + webhookId);
  }

  Endpoint withSecrets(List<SecretVersion> versions) {
    return new Endpoint(
        webhookId,
        tenantId,
        url,
        events,
        description,
        status,
        createdAt,
        updatedAt,
        disabledReason,
        failingSince,
        versions);
  }
}
