package io.outpost.billing;

import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;

/**
 * Asks once: the client's own second try would sleep as long as {@code Retry-After} says, which may
 * be an hour. When Stripe is asked again stands in the route.
 */
public final class StripeConnection implements HttpClientConfigurer {

  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    client.disableAutomaticRetries();
  }
}
