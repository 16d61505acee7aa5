package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The registered webhook endpoints (docs.stripe.com/api/webhook_endpoints). */
final class Endpoints {
  private static final String KIND = "webhook_endpoint";

  private final World world;

  Endpoints(World world) {
    this.world = world;
  }

  List<Operation> operations() {
    return List.of(
        Operation.get(
            "/v1/webhook_endpoints",
            "listWebhookEndpoints",
            call -> world.page(call, KIND, endpoint -> true)));
  }

  ObjectNode add(String url, List<String> types) {
    ObjectNode endpoint = world.create(KIND, "we_").put("url", url).put("status", "enabled");
    types.forEach(endpoint.putArray("enabled_events")::add);
    return endpoint;
  }
}
