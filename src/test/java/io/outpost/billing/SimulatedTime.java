package io.outpost.billing;

import io.outpost.local.stripe.SettableClock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

/** Provides a clock that a test can move, if its settings ask for it. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("test.billing-time")
class SimulatedTime {
  @Bean
  @Primary
  SettableClock simulatedClock(
      @org.springframework.beans.factory.annotation.Value("${test.billing-time}") String start) {
    return new SettableClock(start);
  }
}
