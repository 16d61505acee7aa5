package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** An answer of the stub; {@code replay} is true when it was stored for an idempotency key. */
record Answer(int status, ObjectNode body, boolean replay) {

  static Answer of(ObjectNode body) {
    return new Answer(200, body, false);
  }

  static Answer of(StripeError error) {
    return new Answer(error.status(), error.body(), false);
  }

  Answer replayed() {
    return new Answer(status, body, true);
  }
}
