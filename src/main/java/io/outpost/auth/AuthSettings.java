package io.outpost.auth;

import io.outpost.tenant.Tier;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The settings of authentication.
 *
 * @param bootstrapAdminKey an admin key that is not stored; blank: none
 * @param cacheFor how long a cached key is trusted when no change is announced
 * @param unknownFor how long an unknown key is cached as unknown
 * @param cachedKeys the maximum of cached keys in a container
 * @param rateLimitPerMinute requests that a key may make in a minute, unless the key or its tier
 *     has another limit
 * @param rateLimits requests in a minute for tiers that have their own limit
 * @param unknownKeysPerMinute unknown keys that an address may try in a minute
 * @param tenantRateFactor the limit of all keys of a tenant together, as a multiple of one key's
 *     limit
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

  /** How many requests a key of the tier may make in a minute. */
  int rateLimit(Tier tier) {
    return rateLimits == null
        ? rateLimitPerMinute
        : rateLimits.getOrDefault(tier.word(), rateLimitPerMinute);
  }
}
