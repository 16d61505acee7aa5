package io.outpost.auth;

import io.outpost.tenant.Tier;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * How callers are told apart.
 *
 * @param bootstrapAdminKey a key that is an admin key without being stored; blank: none
 * @param cacheFor how long a key's view is trusted when no change is announced
 * @param unknownFor how long an unknown key is remembered as such
 * @param cachedKeys how many keys a container remembers
 * @param rateLimitPerMinute requests a key may make in a minute unless it or its tier says
 *     otherwise
 * @param rateLimits requests a minute by tier, where a tier has its own
 * @param unknownKeysPerMinute unknown keys that an address may try in a minute
 * @param tenantRateFactor how many times a key's requests all keys of a tenant may make together
 * @param liveKeys how many live keys a tenant may have, by its tier
 * @param bootstrapExpiresAt when the bootstrap key stops working; null: never
 * @param pastDueGrace how long after a failed payment a tenant may still change things
 */
@ConfigurationProperties("outpost.auth")
record AuthSettings(
    @Nullable String bootstrapAdminKey,
    Duration cacheFor,
    Duration unknownFor,
    long cachedKeys,
    int rateLimitPerMinute,
    @Nullable Map<String, Integer> rateLimits,
    int unknownKeysPerMinute,
    int tenantRateFactor,
    Map<Tier, Integer> liveKeys,
    @Nullable Instant bootstrapExpiresAt,
    Duration pastDueGrace) {

  /** Requests a minute of a key of a tier. */
  int rateLimit(Tier tier) {
    return rateLimits == null
        ? rateLimitPerMinute
        : rateLimits.getOrDefault(tier.word(), rateLimitPerMinute);
  }
}
