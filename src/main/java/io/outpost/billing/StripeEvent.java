package io.outpost.billing;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The stored part of a Stripe event, which says only that something happened to a customer. The
 * details are read from Stripe again, so neither the order nor the age of events matters.
 *
 * @param id such as {@code evt_1Pgc76}
 * @param type such as {@code invoice.paid}
 * @param apiVersion the API version that shaped the event
 * @param created when it happened, in whole seconds
 * @param customer the affected customer, or null when the event names none
 * @param charge the affected payment, when the event names no customer; otherwise null
 */
public record StripeEvent(
    String id,
    String type,
    String apiVersion,
    Instant created,
    @Nullable String customer,
    @Nullable String charge) {
  private static final Pattern EVENT_ID = Pattern.compile("evt_[A-Za-z0-9_]{1,200}");
  private static final Pattern TYPE = Pattern.compile("[a-z0-9_.]{1,100}");
  // The version of an endpoint with beta features contains those features after semicolons.
  private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9.;=_, -]{1,200}");
  private static final Pattern CUSTOMER_ID = Pattern.compile("cus_[A-Za-z0-9]{1,200}");
  private static final Pattern CHARGE_ID = Pattern.compile("(?:ch|py)_[A-Za-z0-9]{1,200}");
  private static final Pattern THIN_TIME =
      Pattern.compile(
          "20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T"
              + "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?Z");
  private static final long LATEST = Instant.parse("9999-12-31T00:00:00Z").getEpochSecond();

  private static final ObjectMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(64).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Reads a webhook's body; empty when it is not a supported event. */
  public static Optional<StripeEvent> read(byte[] body) {
    try {
      return read(JSON.readTree(body));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Reads an element of the Events API's list; empty when it is not a supported event. */
  public static Optional<StripeEvent> read(JsonNode event) {
    return event.path("object").asText().equals("v2.core.event") ? thin(event) : snapshot(event);
  }

  /**
   * Reads an event of the API v2, which contains no details. Of these only meter events are
   * supported.
   */
  private static Optional<StripeEvent> thin(JsonNode event) {
    boolean whole =
        is(event.path("id"), EVENT_ID)
            && is(event.path("type"), TYPE)
            && event.get("type").textValue().startsWith("v1.billing.meter.")
            && is(event.path("created"), THIN_TIME);
    return whole
        ? Optional.of(
            new StripeEvent(
                event.get("id").textValue(),
                event.get("type").textValue(),
                "thin",
                time(event.get("created").textValue()),
                null,
                null))
        : Optional.empty();
  }

  /** Parses a time. A day that its month does not have becomes a day of the next month. */
  private static Instant time(String text) {
    var day = YearMonth.parse(text.substring(0, 7)).atDay(1);
    return day.plusDays(Long.parseLong(text.substring(8, 10)) - 1)
        .atTime(LocalTime.parse(text.substring(11, 19)))
        .toInstant(ZoneOffset.UTC);
  }

  private static Optional<StripeEvent> snapshot(JsonNode event) {
    JsonNode object = event.path("data").path("object");
    boolean whole =
        event.path("object").asText().equals("event")
            && is(event.path("id"), EVENT_ID)
            && is(event.path("type"), TYPE)
            && is(event.path("api_version"), VERSION)
            && event.path("created").canConvertToLong()
            && event.path("created").isIntegralNumber()
            && event.path("created").longValue() >= 0
            && event.path("created").longValue() <= LATEST
            && object.isObject();
    return whole ? Optional.of(of(event, object)) : Optional.empty();
  }

  private static StripeEvent of(JsonNode event, JsonNode object) {
    return new StripeEvent(
        event.get("id").textValue(),
        event.get("type").textValue(),
        event.get("api_version").textValue(),
        Instant.ofEpochSecond(event.get("created").longValue()),
        customerOf(object),
        chargeOf(object));
  }

  /**
   * The payment, when an event names no customer: disputes and warnings name only the payment,
   * which has a customer.
   */
  private static @Nullable String chargeOf(JsonNode object) {
    JsonNode charge = object.path("charge");
    JsonNode id = charge.isObject() ? charge.path("id") : charge;
    return customerOf(object) == null && is(id, CHARGE_ID) ? id.textValue() : null;
  }

  /**
   * The customer's id. When the object is a customer, its own id; otherwise the customer that the
   * object names, by id or in full.
   */
  private static @Nullable String customerOf(JsonNode object) {
    JsonNode customer = object.path("customer");
    JsonNode id =
        object.path("object").asText().equals("customer")
            ? object.path("id")
            : customer.isObject() ? customer.path("id") : customer;
    return is(id, CUSTOMER_ID) ? id.textValue() : null;
  }

  private static boolean is(JsonNode value, Pattern form) {
    return value.isTextual() && form.matcher(value.textValue()).matches();
  }
}
