package io.outpost.billing;

import com.stripe.StripeClient;
import com.stripe.exception.StripeException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** Checks, once at the start, whether the Stripe account is set up as billing needs it. */
@Component("billingSetup")
public class BillingSetup {
  private static final Logger LOG = LoggerFactory.getLogger(BillingSetup.class);
  private static final String ALARM = "setup";

  private final StripeSettings settings;
  private final String base;
  private final BillingAlarms alarms;

  BillingSetup(
      StripeSettings settings,
      @Value("${outpost.stripe.api-base}") String base,
      BillingAlarms alarms) {
    this.settings = settings;
    this.base = base;
    this.alarms = alarms;
  }

  /**
   * Logs a warning for each finding, and reports {@code setup} in the readiness check while there
   * are findings.
   */
  public void check() {
    var client = StripeClient.builder().setApiKey(settings.secretKey()).setApiBase(base).build();
    List<String> findings;
    try {
      findings = new BillingCheck(client, settings).findings();
    } catch (StripeException e) {
      LOG.warn("The account at Stripe could not be checked: {}", e.getClass().getSimpleName());
      return;
    }
    findings.forEach(finding -> LOG.warn("Stripe is not set up correctly: {}", finding));
    if (findings.isEmpty()) {
      alarms.clear(ALARM);
    } else {
      alarms.raise(
          ALARM,
          findings.size()
              + " findings of `outpost billing check`; the first: "
              + findings.getFirst());
    }
  }
}
