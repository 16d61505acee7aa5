package io.outpost.billing;

import java.time.Clock;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The beans of billing that are built from settings. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(StripeSettings.class)
class BillingConfiguration {
  private static final int MOST_CONSUMERS = 64;

  @Bean
  WebhookSignature webhookSignature(StripeSettings settings, Clock clock) {
    return new WebhookSignature(settings.webhookSecrets(), clock);
  }

  /** Runs the consumers of the queue {@code stripe}, on virtual threads. */
  @Bean(destroyMethod = "shutdownNow")
  ScheduledExecutorService stripeConsumers() {
    return Executors.newScheduledThreadPool(
        MOST_CONSUMERS, Thread.ofVirtual().name("stripe-", 0).factory());
  }
}
