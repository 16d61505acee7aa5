package io.outpost.billing;

import io.outpost.kernel.Problem;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** Turns refusals of Stripe into problems that tell the client what to do. Stateless. */
@Component("stripeProblems")
public class StripeProblems {

  /** Whether an operator must repair the cause, and not the client. */
  public boolean isOurs(@ExchangeProperty(Exchange.EXCEPTION_CAUGHT) StripeRefusal refusal) {
    return !refusal.isAboutEmail();
  }

  /** The reason, for operators. */
  public String why(@ExchangeProperty(Exchange.EXCEPTION_CAUGHT) StripeRefusal refusal) {
    return refusal.getMessage() + ": " + refusal.text();
  }

  /** Throws the problem for the client. */
  public void explain(
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) StripeRefusal refusal, Exchange exchange) {
    exchange.setProperty(Exchange.EXCEPTION_CAUGHT, problem(refusal));
  }

  private static Problem problem(StripeRefusal refusal) {
    if (refusal.isAboutEmail()) {
      var detail = "Stripe does not accept this address; change it with PATCH /tenants/{tenant_id}";
      return new Problem(
          Problem.Code.UNPROCESSABLE,
          "email: " + detail,
          List.of(new Problem.FieldError("email", detail)),
          Map.of());
    }
    return Problem.unavailable(
        "Billing is not set up correctly here; the operator was notified. Nothing was charged.");
  }
}
