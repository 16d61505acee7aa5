package io.outpost.tenant;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The caller: an API key with its tenant, as cached. Contains neither the key's text nor its hash.
 *
 * @param tenantId the key's tenant
 * @param keyId the key
 * @param lineage the first key in its chain of rotations; the key itself when it was never rotated
 * @param mode {@code live} or {@code test}
 * @param scopes what the key may do
 * @param rateLimit requests in a minute
 * @param terms the tenant's tier, billing periods and limits
 * @param uncappedUntil when the tenant's jobs were last accepted without any limit; null for never
 * @param standing the tenant's status; never deleted
 * @param pastDueSince when a payment failed; null unless the standing is past_due
 */
public record Principal(
    String tenantId,
    String keyId,
    String lineage,
    String mode,
    Set<String> scopes,
    int rateLimit,
    BillingTerms terms,
    @Nullable Instant uncappedUntil,
    Tenant.Status standing,
    @Nullable Instant pastDueSince) {

  /** The mode of keys and jobs that are billed. */
  public static final String LIVE = "live";

  /** The mode of keys and jobs that are free. */
  public static final String TEST = "test";

  /** The scope of operators, which allows access to every tenant. */
  public static final String ADMIN = "admin";

  /** The tenant's tier. */
  public Tier tier() {
    return terms.tier();
  }

  /** Whether this is an operator's key. */
  public boolean isAdmin() {
    return scopes.contains(ADMIN);
  }

  /** Whether the caller may see this tenant at all. */
  public boolean sees(String otherTenantId) {
    return isAdmin() || tenantId.equals(otherTenantId);
  }
}
