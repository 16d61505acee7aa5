package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What the stub answers; {@code replay} when an idempotency key brought it back. */
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
