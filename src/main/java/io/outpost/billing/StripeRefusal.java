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

/** Stripe refused a call; repeating it is useless. */
public final class StripeRefusal extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final Set<String> OF_VALUES =
      Set.of("meter_event_invalid_value", "meter_event_value_not_found");

  private final int status;
  private final String code;
  private final String param;
  private final String text;

  /** What a refusal is about, which tells who can repair the cause. */
  public enum About {
    /** Stripe has the object already, which counts as success. */
    DUPLICATE,
    /** One job: too old, or an invalid value. */
    JOB,
    /** One customer, which does not exist. */
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

  /** Throws the refusal that an answer with a status from 400 to 499 contains. */
  public static void raise(@Header(Exchange.HTTP_RESPONSE_CODE) int status, @Body String answer) {
    StripeError error = null;
    try {
      JsonObject wrapped = ApiResource.GSON.fromJson(answer, JsonObject.class);
      error = ApiResource.GSON.fromJson(wrapped.get("error"), StripeError.class);
    } catch (JsonSyntaxException | NullPointerException e) {
      // The answer is not Stripe's, but a proxy's. Its status is enough.
    }
    throw new StripeRefusal(status, error == null ? new StripeError() : error);
  }

  /** The refusal in an exception's chain of causes; null for none. */
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

  /** Stripe's error code; without one its error type; without both null. */
  public @Nullable String code() {
    return code;
  }

  /** What the refusal is about. An unknown code counts as a fault of our account. */
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
    // With a key of the other mode (test or live) no customer is known. Then the key is at fault,
    // not the customer.
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

  /** Whether an object that the call named does not exist, in the words of the API v1 or v2. */
  public boolean isMissing() {
    return "resource_missing".equals(code) || "not_found".equals(code);
  }

  /** Whether there will be no next invoice. */
  public boolean isNothingToInvoice() {
    return "invoice_upcoming_none".equals(code);
  }

  /** Stripe's own words, for operators. They may name a customer, never a key. */
  public String text() {
    return text;
  }

  /** Whether Stripe already has a meter event with the same identifier. */
  public boolean isDuplicate() {
    return about() == About.DUPLICATE;
  }

  /** Whether the refusal is about one job. */
  public boolean isAboutJob() {
    return about() == About.JOB;
  }

  /** Whether the refusal is about the customer. */
  public boolean isAboutCustomer() {
    return about() == About.CUSTOMER;
  }

  /** Whether the refusal is about the tenant's e-mail address. */
  public boolean isAboutEmail() {
    return about() == About.EMAIL;
  }
}
