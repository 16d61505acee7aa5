package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Customers. */
final class Customers {
  static final String KIND = "customer";

  private final World world;
  private final Events events;

  Customers(World world, Events events) {
    this.world = world;
    this.events = events;
  }

  List<Operation> operations() {
    return List.of(
        Operation.post("/v1/customers", "createCustomer", this::create),
        Operation.get(
            "/v1/customers",
            "listCustomers",
            call ->
                world.page(
                    call, KIND, c -> !gone(c) && World.fits(call, "email", c.path("email")))),
        Operation.get("/v1/customers/{id}", null, call -> world.find(KIND, call.id())),
        Operation.post("/v1/customers/{id}", "updateCustomer", this::update),
        Operation.delete("/v1/customers/{id}", null, call -> delete(call.id())));
  }

  private ObjectNode create(Call call) {
    ObjectNode customer = world.create(KIND, "cus_");
    customer.put("balance", 0).put("delinquent", false);
    fill(call, customer);
    events.emit("customer.created", customer);
    return customer;
  }

  private ObjectNode update(Call call) {
    ObjectNode customer = living(call.id());
    fill(call, customer);
    events.emit("customer.updated", customer);
    return customer;
  }

  private static void fill(Call call, ObjectNode customer) {
    for (String field : List.of("name", "email", "description")) {
      if (call.text(field) != null || !customer.has(field)) {
        customer.put(field, call.text(field));
      }
    }
    World.metadata(call, customer);
  }

  ObjectNode add(String email) {
    ObjectNode customer = world.create(KIND, "cus_").put("email", email);
    customer.putObject("metadata");
    return customer;
  }

  ObjectNode delete(String id) {
    ObjectNode customer = living(id);
    events.emit("customer.deleted", customer);
    customer.removeAll();
    customer.put("id", id).put("object", KIND).put("deleted", true);
    return JsonNodeFactory.instance.objectNode().setAll(customer);
  }

  ObjectNode living(String id) {
    ObjectNode customer = world.find(KIND, id);
    if (gone(customer)) {
      throw StripeError.missing(KIND, id);
    }
    return customer;
  }

  private static boolean gone(ObjectNode customer) {
    return customer.path("deleted").asBoolean();
  }
}
