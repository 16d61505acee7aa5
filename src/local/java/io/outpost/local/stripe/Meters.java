package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;
import java.util.function.Supplier;

/**
 * Billing meters. An identifier counts once in 24 hours, and only one call at a time may report for
 * a customer. An event is first accepted, and checked after a delay; faults are reported by an
 * event of their own (docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api).
 */
final class Meters {
  static final String KIND = "billing.meter";
  private static final long WINDOW = Duration.ofHours(24).toSeconds();
  private static final long OLDEST = Duration.ofDays(35).toSeconds();
  private static final long FUTURE = Duration.ofMinutes(5).toSeconds();

  private record Usage(String meter, String customer, long at, long received, long value) {}

  private record Accepted(
      String eventName, String customer, String identifier, long at, long received, String value) {}

  private final World world;
  private final Customers customers;
  private final Events events;
  private final Map<String, List<Usage>> byIdentifier = new HashMap<>();
  private final Map<String, Map<String, List<Usage>>> byCustomer = new HashMap<>();
  private final Deque<Accepted> accepted = new ArrayDeque<>();
  private final Map<String, Long> received = new HashMap<>();
  private long lag;
  private final Set<String> busy = ConcurrentHashMap.newKeySet();

  Meters(World world, Customers customers, Events events) {
    this.world = world;
    this.customers = customers;
    this.events = events;
  }

  /** From now on events are checked and counted this many seconds after they were accepted. */
  void lag(long seconds) {
    lag = seconds;
  }

  List<Operation> operations() {
    return List.of(
        Operation.post("/v1/billing/meters", "createMeter", this::create),
        Operation.get(
            "/v1/billing/meters",
            "listMeters",
            call ->
                world.page(call, KIND, meter -> World.fits(call, "status", meter.get("status")))),
        Operation.get("/v1/billing/meters/{id}", null, call -> world.find(KIND, call.id())),
        Operation.get(
            "/v1/billing/meters/{id}/event_summaries", "listMeterEventSummaries", this::summaries),
        Operation.post("/v1/billing/meter_events", "createMeterEvent", this::record),
        Operation.post(
            "/v1/billing/meter_event_adjustments", "createMeterEventAdjustment", this::cancel));
  }

  /** Runs a call for {@code customer}; refuses it while another call for the customer runs. */
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
    judge();
    long at = call.number("timestamp", world.now());
    if (at < world.now() - OLDEST) {
      throw StripeError.invalid(
          "timestamp_too_far_in_past",
          "timestamp",
          "The timestamp is more than 35 days in the past");
    }
    if (at > world.now() + FUTURE) {
      throw StripeError.invalid(
          "timestamp_in_future", "timestamp", "The timestamp is more than 5 minutes in the future");
    }
    String identifier =
        call.text("identifier") == null ? "auto_" + received.size() : call.text("identifier");
    Long before = received.get(identifier);
    if (before != null && before > world.now() - WINDOW) {
      throw StripeError.invalid(
          null, "identifier", "An event already exists with identifier " + identifier);
    }
    received.put(identifier, world.now());
    accepted.add(
        new Accepted(
            call.text("event_name"),
            call.params().at("/payload/stripe_customer_id").asText(null),
            identifier,
            at,
            world.now(),
            call.params().at("/payload/value").asText(null)));
    judge();
    ObjectNode event = JsonNodeFactory.instance.objectNode();
    event.put("object", "billing.meter_event").put("created", world.now()).put("livemode", false);
    event.put("event_name", call.text("event_name")).put("identifier", identifier);
    event.put("timestamp", at).set("payload", call.params().get("payload"));
    return event;
  }

  /** Checks the events that were accepted long enough ago. */
  void judge() {
    while (!accepted.isEmpty() && accepted.peek().received() + lag <= world.now()) {
      judge(accepted.remove());
    }
  }

  private void judge(Accepted event) {
    ObjectNode meter = meter(event.eventName());
    String fault = fault(event, meter);
    if (fault != null) {
      String type = meter == null ? "no_meter_found" : "error_report_triggered";
      events.thin("v1.billing.meter." + type, meter, fault, event.identifier());
      return;
    }
    String id = meter.get("id").asText();
    Usage usage =
        new Usage(
            id, event.customer(), event.at(), event.received(), Long.parseLong(event.value()));
    byIdentifier.computeIfAbsent(event.identifier(), key -> new ArrayList<>()).add(usage);
    ofCustomer(id, event.customer()).add(usage);
  }

  /**
   * The fault of an event, by the codes of stripe-java's V1BillingMeterErrorReportTriggeredEvent;
   * null for a valid one.
   */
  private String fault(Accepted event, ObjectNode meter) {
    if (meter == null) {
      return "no_meter";
    }
    if (!meter.get("status").asText().equals("active")) {
      return "archived_meter";
    }
    if (event.customer() == null) {
      return "meter_event_no_customer_defined";
    }
    if (!customers.lives(event.customer())) {
      return "meter_event_customer_not_found";
    }
    if (event.value() == null) {
      return "meter_event_value_not_found";
    }
    return event.value().matches("-?\\d{1,15}") ? null : "meter_event_invalid_value";
  }

  private List<Usage> ofCustomer(String meter, String customer) {
    return byCustomer
        .computeIfAbsent(meter, key -> new HashMap<>())
        .computeIfAbsent(customer, key -> new ArrayList<>());
  }

  private ObjectNode meter(String eventName) {
    return world.select(KIND, meter -> meter.get("event_name").asText().equals(eventName)).stream()
        .findFirst()
        .orElse(null);
  }

  private ObjectNode meterOf(String eventName) {
    return Optional.ofNullable(meter(eventName))
        .orElseThrow(() -> StripeError.invalid("no_meter", "No meter of event " + eventName));
  }

  /** Deactivates a meter, or activates it again. */
  void status(String id, String status) {
    world.find(KIND, id).put("status", status);
  }

  private ObjectNode cancel(Call call) {
    meterOf(call.text("event_name"));
    judge();
    String identifier = call.params().at("/cancel/identifier").asText();
    List<Usage> usages = byIdentifier.getOrDefault(identifier, new ArrayList<>());
    List<Usage> fresh =
        usages.stream().filter(usage -> usage.received() > world.now() - WINDOW).toList();
    if (fresh.isEmpty()) {
      throw StripeError.invalid(
          null, "No event of the last 24 hours with identifier " + identifier);
    }
    fresh.forEach(usage -> remove(identifier, usage));
    received.remove(identifier);
    ObjectNode adjustment = JsonNodeFactory.instance.objectNode();
    adjustment.put("object", "billing.meter_event_adjustment").put("livemode", false);
    adjustment.put("event_name", call.text("event_name")).put("status", "complete");
    adjustment.put("type", "cancel").putObject("cancel").put("identifier", identifier);
    return adjustment;
  }

  private void remove(String identifier, Usage usage) {
    byIdentifier.get(identifier).remove(usage);
    ofCustomer(usage.meter(), usage.customer()).remove(usage);
  }

  private ObjectNode summaries(Call call) {
    judge();
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

  /** A customer's usage of a meter at the times that match. */
  long sum(String meter, String customer, LongPredicate fits) {
    judge();
    return ofCustomer(meter, customer).stream()
        .filter(usage -> fits.test(usage.at()))
        .mapToLong(Usage::value)
        .sum();
  }

  void add(String meter, String customer, long at) {
    ofCustomer(meter, customer).add(new Usage(meter, customer, at, world.now(), 1));
  }

  void forget(String identifier) {
    judge();
    List.copyOf(byIdentifier.getOrDefault(identifier, List.of()))
        .forEach(usage -> remove(identifier, usage));
  }

  /** How many times each identifier was counted. */
  Map<String, Integer> counted() {
    judge();
    Map<String, Integer> counted = new HashMap<>();
    byIdentifier.forEach((identifier, usages) -> counted.put(identifier, usages.size()));
    counted.values().removeIf(times -> times == 0);
    return counted;
  }
}
