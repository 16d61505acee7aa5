package io.outpost.billing;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.http.Call;
import io.outpost.kernel.Problem;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** Accepts webhooks only from Stripe. Thread-safe. */
@Component("webhook")
public class Webhook {
  private final WebhookSignature signature;
  private final MeterRegistry meters;

  Webhook(WebhookSignature signature, MeterRegistry meters) {
    this.signature = signature;
    this.meters = meters;
  }

  /**
   * The event in the request.
   *
   * @throws Problem 400 when the signature is not Stripe's or is too old, or the event is invalid
   */
  public StripeEvent read(@ExchangeProperty(Call.NAME) Call call) {
    signature
        .refusal(call.body(), call.header("Stripe-Signature").orElse(null))
        .ifPresent(
            refusal -> {
              throw refused(refusal.name(), "Stripe-Signature", "is missing, wrong or out of date");
            });
    return StripeEvent.read(call.body())
        .orElseThrow(() -> refused("NO_EVENT", "body", "is no snapshot event of Stripe's API v1"));
  }

  private Problem refused(String why, String field, String detail) {
    meters
        .counter("outpost.billing.webhooks.refused", "why", why.toLowerCase(java.util.Locale.ROOT))
        .increment();
    return Problem.invalid(field, detail);
  }
}
