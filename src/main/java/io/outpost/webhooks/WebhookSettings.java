package io.outpost.webhooks;

import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of webhooks; {@code application.yaml} says what each is for.
 *
 * @param retryAfter how long after each failed attempt the next is made; none follows the last
 */
@ConfigurationProperties("outpost.webhooks")
public record WebhookSettings(
    int most,
    boolean allowLoopback,
    List<Duration> retryAfter,
    Duration disableAfter,
    Duration connectTimeout,
    Duration responseTimeout,
    Duration totalTimeout,
    int deliveriesAtOnce,
    int endpointsAtOnce) {

  /** Times do not change while they are read. */
  public WebhookSettings {
    retryAfter = List.copyOf(retryAfter);
  }
}
