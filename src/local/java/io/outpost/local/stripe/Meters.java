package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;
import java.util.function.Supplier;

/**
 * Billing Meters: an identifier counts once in any 24 hours, a customer's events are taken one call
 * at a time.
 */
final class Meters {
  static final String KIND = "billing.meter";
  private static final long WINDOW = Duration.ofHours(24).toSeconds();
  private static final long OLDEST = Duration.ofDays(35).toSeconds();
  private static final long FUTURE = Duration.ofMinutes(5).toSeconds();

  private record Usage(String meter, String customer, long at, long received, long value) {}

  private final World world;
  private final Customers customers;
  private final Map<String, List<Usage>> byIdentifier = new HashMap<>();
  private final Set<String> busy = ConcurrentHashMap.newKeySet();

  Meters(World world, Customers customers) {
    this.world = world;
    this.customers = customers;
  }

  List<Operation> operations() {
    return List.of(
        Operation.post("/v1/billing/meters", "createMeter", this::create),
        Operation.get(
            "/v1/billing/meters", "listMeters", call -> world.page(call, KIND, meter -> true)),
        Operation.get("/v1/billing/meters/{id}", null, call -> world.find(KIND, call.id())),
        Operation.get(
            "/v1/billing/meters/{id}/event_summaries", "listMeterEventSummaries", this::summaries),
        Operation.post("/v1/billing/meter_events", "createMeterEvent", this::record),
        Operation.post(
            "/v1/billing/meter_event_adjustments", "createMeterEventAdjustment", this::cancel));
  }

  /** Runs a call of {@code customer} unless another is under way. */
  <T> T alone(String customer, Supplier<T> effect) {
    if (!busy.add(customer)) {
      throw StripeError.lockTimeout();
    }
    try {
      return effect.get();
    } finally {
      busy.remove(customer);
    }
  }

  private ObjectNode create(Call call) {
    return seed(call.text("event_name"), call.text("display_name"));
  }

  ObjectNode seed(String eventName, String displayName) {
    ObjectNode meter = world.create(KIND, "mtr_");
    meter.put("event_name", eventName).put("display_name", displayName).put("status", "active");
    meter.putObject("customer_mapping").put("type", "by_id");
    meter.withObject("/customer_mapping").put("event_payload_key", "stripe_customer_id");
    meter.putObject("default_aggregation").put("formula", "sum");
    meter.putObject("value_settings").put("event_payload_key", "value");
    return meter;
  }

  private ObjectNode record(Call call) {
    ObjectNode meter = meterOf(call.text("event_name"));
    String customer = call.params().at("/payload/stripe_customer_id").asText();
    customers.living(customer);
    long at = call.number("timestamp", world.now());
    if (at < world.now() - OLDEST || at > world.now() + FUTURE) {
      throw StripeError.invalid(
          "timestamp_out_of_range", "Timestamp must be within 35 days past and 5 minutes ahead");
    }
    String value = call.params().at("/payload/value").asText();
    if (!value.matches("-?\\d{1,15}")) {
      throw StripeError.invalid("meter_event_value_invalid", "The value must be a whole number");
    }
    String identifier =
        call.text("identifier") == null ? "auto_" + byIdentifier.size() : call.text("identifier");
    List<Usage> known = byIdentifier.computeIfAbsent(identifier, id -> new ArrayList<>());
    if (known.stream().anyMatch(usage -> usage.received() > world.now() - WINDOW)) {
      throw StripeError.invalid(null, "An event already exists with identifier " + identifier);
    }
    String id = meter.get("id").asText();
    known.add(new Usage(id, customer, at, world.now(), Long.parseLong(value)));
    ObjectNode event = JsonNodeFactory.instance.objectNode();
    event.put("object", "billing.meter_event").put("created", world.now()).put("livemode", false);
    event.put("event_name", call.text("event_name")).put("identifier", identifier);
    event.put("timestamp", at).set("payload", call.params().get("payload"));
    return event;
  }

  private ObjectNode meterOf(String eventName) {
    return world.select(KIND, meter -> meter.get("event_name").asText().equals(eventName)).stream()
        .findFirst()
        .orElseThrow(() -> StripeError.invalid("no_meter", "No meter of event " + eventName));
  }

  private ObjectNode cancel(Call call) {
    meterOf(call.text("event_name"));
    String identifier = call.params().at("/cancel/identifier").asText();
    List<Usage> usages = byIdentifier.getOrDefault(identifier, new ArrayList<>());
    if (!usages.removeIf(usage -> usage.received() > world.now() - WINDOW)) {
      throw StripeError.invalid(
          null, "No event of the last 24 hours with identifier " + identifier);
    }
    ObjectNode adjustment = JsonNodeFactory.instance.objectNode();
    adjustment.put("object", "billing.meter_event_adjustment").put("livemode", false);
    adjustment.put("event_name", call.text("event_name")).put("status", "complete");
    adjustment.put("type", "cancel").putObject("cancel").put("identifier", identifier);
    return adjustment;
  }

  private ObjectNode summaries(Call call) {
    world.find(KIND, call.id());
    String customer = call.text("customer");
    long start = call.number("start_time", 0);
    long end = call.number("end_time", 0);
    String window = call.text("value_grouping_window");
    long unit = window == null ? 60 : window.equals("hour") ? 3_600 : 86_400;
    if (start % unit != 0 || end % unit != 0 || end <= start) {
      throw StripeError.invalid("parameter_invalid_integer", "Times must be aligned to " + unit);
    }
    long step = window == null ? end - start : unit;
    List<ObjectNode> found = new ArrayList<>();
    for (long last = end; last > start; last -= step) {
      ObjectNode summary = summary(call.id(), customer, last - step, last);
      if (window == null || summary.get("aggregated_value").asLong() != 0) {
        found.add(summary);
      }
    }
    return World.page(call, found);
  }

  private ObjectNode summary(String meter, String customer, long start, long end) {
    ObjectNode summary = JsonNodeFactory.instance.objectNode();
    summary.put("id", "mtrusg_" + start).put("object", "billing.meter_event_summary");
    summary.put("livemode", false).put("meter", meter);
    summary.put("aggregated_value", sum(meter, customer, at -> at >= start && at < end));
    return summary.put("start_time", start).put("end_time", end);
  }

  /** What a customer used of a meter at the times that fit. */
  long sum(String meter, String customer, LongPredicate fits) {
    return byIdentifier.values().stream()
        .flatMap(List::stream)
        .filter(usage -> usage.meter().equals(meter) && usage.customer().equals(customer))
        .filter(usage -> fits.test(usage.at()))
        .mapToLong(Usage::value)
        .sum();
  }

  void forget(String identifier) {
    byIdentifier.remove(identifier);
  }

  /** How often each identifier was counted. */
  Map<String, Integer> counted() {
    Map<String, Integer> counted = new HashMap<>();
    byIdentifier.forEach((identifier, usages) -> counted.put(identifier, usages.size()));
    counted.values().removeIf(times -> times == 0);
    return counted;
  }
}
