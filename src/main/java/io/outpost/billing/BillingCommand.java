package io.outpost.billing;

import com.stripe.StripeClient;
import com.stripe.exception.StripeException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * {@code outpost billing check}: reports what is wrong with the Stripe account of the settings, and
 * what to click. One finding per line on standard output; exits with 0 without findings, with 1
 * with findings, with 2 when the check could not run.
 */
public final class BillingCommand {
  private static final String USAGE = "usage: outpost billing check";

  private final UnaryOperator<String> settings;
  private final PrintStream out;
  private final PrintStream err;

  BillingCommand(UnaryOperator<String> settings, PrintStream out, PrintStream err) {
    this.settings = settings;
    this.out = out;
    this.err = err;
  }

  /**
   * Runs the command with the settings of the environment.
   *
   * @param arguments the arguments after {@code billing}
   * @return the exit code
   */
  public static int run(List<String> arguments) {
    return new BillingCommand(System::getenv, System.out, System.err).execute(arguments);
  }

  int execute(List<String> arguments) {
    if (!arguments.equals(List.of("check"))) {
      err.println(USAGE);
      return 2;
    }
    var key = setting("SECRET_KEY", "");
    if (key.isEmpty()) {
      err.println("OUTPOST_STRIPE_SECRET_KEY is not set: there is nothing to check");
      return 2;
    }
    try {
      var findings = new BillingCheck(client(key), stripe(key)).findings();
      findings.forEach(out::println);
      err.println(findings.isEmpty() ? "nothing is wrong" : findings.size() + " found");
      return findings.isEmpty() ? 0 : 1;
    } catch (StripeException e) {
      err.println("Stripe does not answer: " + e.getClass().getSimpleName());
      return 2;
    }
  }

  private StripeClient client(String key) {
    return StripeClient.builder()
        .setApiKey(key)
        .setApiBase(setting("API_BASE", "https://api.stripe.com"))
        .setMaxNetworkRetries(2)
        .build();
  }

  private StripeSettings stripe(String key) {
    return new StripeSettings(
        key,
        list("WEBHOOK_SECRET"),
        list("PRICE_PRO"),
        list("PRICE_ENTERPRISE"),
        setting("METER_EVENT_NAME", "outpost_jobs"),
        "true".equals(setting("AUTOMATIC_TAX", "")),
        "true".equals(setting("PROMOTION_CODES", "")));
  }

  private List<String> list(String name) {
    return Arrays.asList(setting(name, "").split(",", -1));
  }

  private String setting(String name, String otherwise) {
    var value = settings.apply("OUTPOST_STRIPE_" + name);
    return value == null || value.isBlank() ? otherwise : value.strip();
  }
}
