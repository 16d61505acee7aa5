package io.outpost.billing;

import com.google.gson.JsonObject;
import com.google.gson.JsonSyntaxException;
import com.stripe.model.StripeError;
import com.stripe.net.ApiResource;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** Stripe answered that it will not do what was asked: trying the same again is no use. */
public final class StripeRefusal extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final Set<String> OF_VALUES =
      Set.of("meter_event_invalid_value", "meter_event_value_not_found");

  private final int status;
  private final String code;
  private final String param;
  private final String text;

  /** What a refusal is about, and so who can mend it. */
  public enum About {
    /** Stripe has it already: as good as done. */
    DUPLICATE,
    /** One job: too old, or a value that Stripe does not take. */
    JOB,
    /** One customer, which is not there. */
    CUSTOMER,
    /** A tenant's e-mail address. */
    EMAIL,
    /** Our account: key, rights, prices, meter, portal. */
    ACCOUNT
  }

  private StripeRefusal(int status, StripeError error) {
    super("Stripe refused: " + status + " " + codeOf(error));
    this.status = status;
    this.code = codeOf(error);
    this.param = error.getParam();
    this.text = error.getMessage() == null ? "" : error.getMessage();
  }

  private static String codeOf(StripeError error) {
    return error.getCode() == null ? error.getType() : error.getCode();
  }

  /** Throws what an answer of status 400 to 499 says. */
  public static void raise(@Header(Exchange.HTTP_RESPONSE_CODE) int status, @Body String answer) {
    StripeError error = null;
    try {
      JsonObject wrapped = ApiResource.GSON.fromJson(answer, JsonObject.class);
      error = ApiResource.GSON.fromJson(wrapped.get("error"), StripeError.class);
    } catch (JsonSyntaxException | NullPointerException e) {
      // Not from Stripe itself but from something in between: the status says enough.
    }
    throw new StripeRefusal(status, error == null ? new StripeError() : error);
  }

  /** The refusal that an exception is or was caused by; null for none. */
  public static @Nullable StripeRefusal in(Throwable thrown) {
    Throwable cause = thrown;
    while (cause != null && !(cause instanceof StripeRefusal)) {
      cause = cause.getCause();
    }
    return (StripeRefusal) cause;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** Stripe's error code, else its error type, else null. */
  public @Nullable String code() {
    return code;
  }

  /** What it is about. What is not known to be anything else is about our account. */
  public About about() {
    if ("duplicate_meter_event".equals(code) || text.startsWith("An event already exists")) {
      return About.DUPLICATE;
    }
    if (isJob()) {
      return About.JOB;
    }
    if ("email_invalid".equals(code) || "email".equals(param)) {
      return About.EMAIL;
    }
    // Every customer is unknown to a key of the other mode: that is the key's fault, not theirs.
    boolean unknown = isMissing() && text.startsWith("No such customer") && !text.contains("mode");
    return unknown || "meter_event_customer_not_found".equals(code)
        ? About.CUSTOMER
        : About.ACCOUNT;
  }

  private boolean isJob() {
    boolean ofTime = code != null && code.startsWith("timestamp_") || "timestamp".equals(param);
    boolean ofValue = code != null && OF_VALUES.contains(code) || "payload[value]".equals(param);
    return status == 400 && (ofTime || ofValue);
  }

  /** Whether an object that was named does not exist. */
  public boolean isMissing() {
    return "resource_missing".equals(code);
  }

  /** Whether there is no next invoice to look at. */
  public boolean isNothingToInvoice() {
    return "invoice_upcoming_none".equals(code);
  }

  /** Stripe's own words, for operators. They may name a customer, never a key. */
  public String text() {
    return text;
  }

  /** Whether what was to be made is there already: a meter event of the same identifier. */
  public boolean isDuplicate() {
    return about() == About.DUPLICATE;
  }

  /** Whether it names the job itself. */
  public boolean isAboutJob() {
    return about() == About.JOB;
  }

  /** Whether it names the customer. */
  public boolean isAboutCustomer() {
    return about() == About.CUSTOMER;
  }

  /** Whether it names the tenant's e-mail address. */
  public boolean isAboutEmail() {
    return about() == About.EMAIL;
  }
}
