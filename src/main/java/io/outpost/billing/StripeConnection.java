package io.outpost.billing;

import io.outpost.telemetry.HttpCalls;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.springframework.stereotype.Component;

/**
 * Sends each call once: the client's own retry would sleep as long as {@code Retry-After} says,
 * which may be an hour. The route decides about retries. Stateless.
 */
@Component("stripeConnection")
public class StripeConnection implements HttpClientConfigurer {

  private final HttpCalls calls;

  StripeConnection(HttpCalls calls) {
    this.calls = calls;
  }

  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    client.disableAutomaticRetries().addExecInterceptorFirst("telemetry", calls.to("stripe"));
  }
}
