package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The account's events, stored for the Events API and passed to the webhooks when they happen. */
final class Events {
  private static final String KIND = "event";
  private static final String THIN = "v2.core.event";
  // docs.stripe.com/api/events/list#list_events-types
  private static final int MOST_TYPES = 20;

  private final World world;
  private final String apiVersion;
  private final Consumer<ObjectNode> listener;

  Events(World world, String apiVersion, Consumer<ObjectNode> listener) {
    this.world = world;
    this.apiVersion = apiVersion;
    this.listener = listener;
  }

  /** Creates an event about an object, which shows the object as it is now. */
  ObjectNode emit(String type, ObjectNode subject) {
    ObjectNode event = world.create(KIND, "evt_");
    event.put("api_version", apiVersion).put("type", type).put("pending_webhooks", 1);
    event.putObject("data").set("object", subject.deepCopy());
    event.putObject("request").putNull("id").putNull("idempotency_key");
    listener.accept(event.deepCopy());
    return event;
  }

  /**
   * Creates an event about a rejected meter event. It is a thin event: receivers must fetch the
   * details (docs.stripe.com/event-destinations#thin-events).
   */
  void thin(String type, ObjectNode meter, String code, String identifier) {
    ObjectNode event = world.create(THIN, "evt_");
    event.put("object", "v2.core.event").put("type", type);
    event.put("created", Instant.ofEpochSecond(world.now()).toString());
    if (meter != null) {
      String id = meter.get("id").asText();
      event.putObject("related_object").put("id", id).put("type", "billing.meter");
      event.withObject("/related_object").put("url", "/v1/billing/meters/" + id);
    }
    ObjectNode told = event.deepCopy();
    ObjectNode data = event.putObject("data");
    data.put("validation_start", event.get("created").asText());
    data.put("validation_end", event.get("created").asText());
    data.put("developer_message_summary", "There is 1 invalid event");
    ObjectNode reason = data.putObject("reason").put("error_count", 1);
    ObjectNode errors = reason.putArray("error_types").addObject().put("code", code);
    ObjectNode sample = errors.put("error_count", 1).putArray("sample_errors").addObject();
    sample.put("error_message", code).putObject("request").put("identifier", identifier);
    listener.accept(told);
  }

  /** All events, oldest first. */
  List<ObjectNode> all() {
    return world.select(KIND, event -> true);
  }

  List<Operation> operations() {
    return List.of(
        Operation.get("/v1/events", "listEvents", call -> world.page(call, KIND, wanted(call))),
        Operation.get("/v2/core/events/{id}", null, call -> world.find(THIN, call.id())),
        Operation.get("/v1/events/{id}", null, call -> world.find(KIND, call.id())),
        Operation.post("/v1/events/{id}/retry", null, call -> again(call.id())));
  }

  /** Sends an event again, as the dashboard and the command line can ask. */
  private ObjectNode again(String id) {
    ObjectNode event = world.find(KIND, id);
    listener.accept(event.deepCopy());
    return event;
  }

  private static Predicate<ObjectNode> wanted(Call call) {
    List<String> types = new ArrayList<>();
    call.params().path("types").forEach(type -> types.add(type.asText()));
    if (types.size() > MOST_TYPES) {
      throw StripeError.invalid("parameter_invalid", "types", "At most 20 types can be given");
    }
    return event ->
        World.fits(call, "type", event.get("type"))
            && (types.isEmpty() || types.contains(event.get("type").asText()))
            && World.within(call, "created", event);
  }
}
