package io.outpost.auth;

import io.outpost.kernel.Rules;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An API key without its text, which is shown once and stored only as a SHA-256 hash. Stored in the
 * table tenants under the sort key {@code key#<key_id>}.
 *
 * @param rateLimitPerMinute null: that of the tier
 * @param expiresAt null: never; a rotation sets it to the end of the grace
 */
public record ApiKey(
    String keyId,
    String tenantId,
    String name,
    List<String> scopes,
    String mode,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant revokedAt,
    @Nullable Instant lastUsedAt,
    @Nullable Integer rateLimitPerMinute) {

  private static final Set<String> SCOPES =
      Set.of(
          "admin",
          "jobs:read",
          "jobs:write",
          "tenant:read",
          "tenant:write",
          "audit:read",
          "billing",
          "secrets:write");
  private static final Set<String> MODES = Set.of("live", "test");

  /** Checks the contract's rules. */
  public ApiKey {
    Rules.form("key_id", keyId, Rules.ULID);
    Rules.form("tenant_id", tenantId, Rules.UUID);
    Rules.form("name", name, Rules.NAME);
    Rules.present("scopes", scopes);
    scopes.forEach(scope -> Rules.oneOf("scopes", scope, SCOPES));
    Rules.oneOf("mode", mode, MODES);
    Rules.present("created_at", createdAt);
    if (rateLimitPerMinute != null) {
      Rules.between("rate_limit_per_minute", rateLimitPerMinute, 1, Integer.MAX_VALUE);
    }
  }

  /** The prefix of API keys' sort keys. */
  public static final String SK_PREFIX = "key#";

  /** The sort key of a key. */
  public static String sk(String keyId) {
    return SK_PREFIX + keyId;
  }
}
