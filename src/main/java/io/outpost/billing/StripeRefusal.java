package io.outpost.billing;

import com.google.gson.JsonObject;
import com.google.gson.JsonSyntaxException;
import com.stripe.model.StripeError;
import com.stripe.net.ApiResource;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Header;

/** Stripe answered that it will not do what was asked: trying again is no use. */
public final class StripeRefusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String code;
  private final boolean duplicate;

  private StripeRefusal(int status, StripeError error) {
    super("Stripe refused: " + status + " " + codeOf(error));
    this.status = status;
    this.code = codeOf(error);
    String message = error.getMessage() == null ? "" : error.getMessage();
    this.duplicate =
        "duplicate_meter_event".equals(code) || message.startsWith("An event already exists");
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

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** Stripe's error code, else its error type, else null. */
  public String code() {
    return code;
  }

  /** Whether what was to be made is there already: a meter event of the same identifier. */
  public boolean isDuplicate() {
    return duplicate;
  }

  /** Whether an object that was named does not exist. */
  public boolean isMissing() {
    return "resource_missing".equals(code);
  }
}
