package io.outpost.webhooks;

import io.outpost.tenant.Tier;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of webhooks; {@code application.yaml} explains each.
 *
 * @param most how many endpoints a tenant may have, by its tier
 * @param retryAfter the pause after each failed attempt; when none is left, no attempt follows
 */
@ConfigurationProperties("outpost.webhooks")
public record WebhookSettings(
    Map<Tier, Integer> most,
    boolean allowLoopback,
    List<Duration> retryAfter,
    Duration disableAfter,
    Duration connectTimeout,
    Duration responseTimeout,
    Duration totalTimeout,
    int deliveriesAtOnce,
    int endpointsAtOnce) {

  /** Copies the list. */
  public WebhookSettings {
    retryAfter = List.copyOf(retryAfter);
  }
}
