package io.outpost.billing;

import io.outpost.telemetry.HttpCalls;
import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Sends each call once, and reads the whole answer within a time limit. Two habits of the HTTP
 * client are replaced: its own retry would sleep as long as {@code Retry-After} says, which may be
 * an hour, and its time limit starts again with each byte. Redirects are not followed: Stripe sends
 * none, and a POST would become a GET. The route decides about retries. Thread-safe.
 */
@Component("stripeConnection")
public class StripeConnection implements HttpClientConfigurer {

  private final HttpCalls calls;
  private final long limit;
  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("stripe-deadline").factory());

  /** The time limit of an attempt is {@code connect} plus {@code response}, in milliseconds. */
  StripeConnection(
      HttpCalls calls,
      @Value("${outpost.stripe.connect-timeout}") long connect,
      @Value("${outpost.stripe.response-timeout}") long response) {
    this.calls = calls;
    this.limit = connect + response;
  }

  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    client
        .disableAutomaticRetries()
        .disableRedirectHandling()
        .addExecInterceptorFirst("in-time", this::inTime)
        .addExecInterceptorFirst("telemetry", calls.to("stripe"));
  }

  private ClassicHttpResponse inTime(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    var deadline =
        deadlines.schedule(
            ((Cancellable) scope.originalRequest)::cancel, limit, TimeUnit.MILLISECONDS);
    try {
      var response = chain.proceed(request, scope);
      var entity = response.getEntity();
      if (entity != null) {
        var type = ContentType.parseLenient(entity.getContentType());
        response.setEntity(new ByteArrayEntity(EntityUtils.toByteArray(entity), type));
      }
      return response;
    } finally {
      deadline.cancel(false);
    }
  }
}
