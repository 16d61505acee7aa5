package io.outpost.platform;

import java.time.Instant;
import java.util.List;

/**
 * An API key without the key: that is shown once and kept only as its SHA-256. Stored in the table
 * tenants under the sort key {@code key#<key_id>}.
 *
 * @param rateLimitPerMinute null: the tier's
 * @param expiresAt null: never; a rotation sets it to the end of the grace
 */
public record ApiKey(
    String keyId,
    String tenantId,
    String name,
    List<String> scopes,
    String mode,
    Instant createdAt,
    Instant expiresAt,
    Instant revokedAt,
    Instant lastUsedAt,
    Integer rateLimitPerMinute) {

  /** Where the sort keys of a tenant's API keys begin. */
  public static final String SK_PREFIX = "key#";

  /** The sort key of a key. */
  public static String sk(String keyId) {
    return SK_PREFIX + keyId;
  }
}
