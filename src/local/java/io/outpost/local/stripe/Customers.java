package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The customers of the account. */
final class Customers {
  static final String KIND = "customer";
  static final String CREDIT = "customer_balance_transaction";

  /** Plain ASCII, no two dots in a row, and no dot at an end (docs.stripe.com/error-codes). */
  private static final Pattern EMAIL =
      Pattern.compile("[!-~&&[^@.,]]++(\\.[!-~&&[^@.,]]++)*+@[A-Za-z0-9-]++(\\.[A-Za-z0-9-]++)++");

  private final Set<String> refused = new HashSet<>();
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
                    call,
                    KIND,
                    c ->
                        !gone(c)
                            && World.fits(call, "email", c.path("email"))
                            && World.within(call, "created", c))),
        Operation.get("/v1/customers/{id}", null, call -> world.find(KIND, call.id())),
        Operation.post("/v1/customers/{id}", "updateCustomer", this::update),
        Operation.delete("/v1/customers/{id}", null, call -> delete(call.id())),
        Operation.post(
            "/v1/customers/{id}/balance_transactions", "createBalanceTransaction", this::credit),
        Operation.get(
            "/v1/customers/{id}/balance_transactions",
            "listBalanceTransactions",
            call ->
                world.page(call, CREDIT, one -> one.get("customer").asText().equals(call.id()))));
  }

  private ObjectNode create(Call call) {
    check(call);
    ObjectNode customer = world.create(KIND, "cus_");
    customer.put("balance", 0).put("delinquent", false);
    fill(call, customer);
    events.emit("customer.created", customer);
    return customer;
  }

  private ObjectNode update(Call call) {
    check(call);
    ObjectNode customer = living(call.id());
    fill(call, customer);
    events.emit("customer.updated", customer);
    return customer;
  }

  private void check(Call call) {
    String email = call.text("email");
    if (email != null && (refused.contains(email) || !EMAIL.matcher(email).matches())) {
      throw StripeError.invalid("email_invalid", "email", "Invalid email address: " + email);
    }
  }

  private static void fill(Call call, ObjectNode customer) {
    for (String field : List.of("name", "email", "description")) {
      if (call.text(field) != null || !customer.has(field)) {
        customer.put(field, call.text(field));
      }
    }
    World.metadata(call, customer);
  }

  /**
   * Creates a balance transaction. A negative amount is a credit for the next invoice
   * (docs.stripe.com/invoicing/customer/balance).
   */
  private ObjectNode credit(Call call) {
    ObjectNode customer = living(call.id());
    long balance = customer.path("balance").asLong() + call.number("amount", 0);
    customer.put("balance", balance);
    ObjectNode transaction = world.create(CREDIT, "cbtxn_").put("customer", call.id());
    transaction.put("amount", call.number("amount", 0)).put("currency", call.text("currency"));
    transaction.put("type", "adjustment").put("ending_balance", balance);
    transaction.put("description", call.text("description"));
    World.metadata(call, transaction);
    return transaction;
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

  /**
   * From now on an address is refused. Stands for those of Stripe's rules that the stub does not
   * have.
   */
  boolean refuse(String email) {
    return refused.add(email);
  }

  /** Whether the customer exists and was not deleted. */
  boolean lives(String id) {
    return world.has(KIND, id) && !gone(world.find(KIND, id));
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
