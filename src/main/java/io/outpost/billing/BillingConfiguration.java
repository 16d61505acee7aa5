package io.outpost.billing;

import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What billing needs from the settings. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(StripeSettings.class)
class BillingConfiguration {

  @Bean
  WebhookSignature webhookSignature(StripeSettings settings) {
    return new WebhookSignature(settings.webhookSecrets(), Clock.systemUTC());
  }
}
