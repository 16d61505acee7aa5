package io.outpost.audit;

import io.outpost.tenant.Tier;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * How long audit entries stay in the table, by their tenant's tier. The archive keeps them longer.
 */
@ConfigurationProperties("outpost.audit.retention")
public record AuditRetention(Duration free, Duration pro, Duration enterprise) {

  /** How long entries of tenants of this tier stay. */
  public Duration of(Tier tier) {
    return switch (tier) {
      case FREE -> free;
      case PRO -> pro;
      case ENTERPRISE -> enterprise;
    };
  }
}
