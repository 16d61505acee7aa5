package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.local.stripe.Faults.Fault;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Function;

/** The checks that each call passes before it has an effect: key, fault, schema, idempotency. */
final class FrontDesk {
  private static final Logger LOG = System.getLogger(FrontDesk.class.getName());

  private final Account account;
  private final RequestSchemas schemas;
  private final IdempotencyKeys keys;
  private final SecretKey secretKey = new SecretKey();
  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private volatile Consumer<Call> gate = call -> {};

  FrontDesk(Account account, RequestSchemas schemas, IdempotencyKeys keys) {
    this.account = account;
    this.schemas = schemas;
    this.keys = keys;
  }

  SecretKey secretKey() {
    return secretKey;
  }

  List<Call> calls() {
    return List.copyOf(calls);
  }

  void gate(Consumer<Call> gate) {
    this.gate = gate;
  }

  Answer answer(Call call, Fault fault) {
    calls.add(call);
    try {
      secretKey.check(call);
      String version = call.header("stripe-version");
      if (version != null && !schemas.knows(version)) {
        throw StripeError.unknownVersion(version);
      }
      if (fault == Fault.RATE_LIMITED || fault == Fault.BUSY_FOR_AN_HOUR) {
        throw StripeError.rateLimited();
      }
      if (fault == Fault.LOCK_TIMEOUT) {
        throw StripeError.lockTimeout();
      }
      if (fault != null && fault.ofProxy() > 0) {
        return null;
      }
      return perform(call, fault);
    } catch (StripeError e) {
      return Answer.of(e);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "The stub failed", e);
      return Answer.of(StripeError.internal());
    }
  }

  private Answer perform(Call call, Fault fault) {
    for (Operation operation : account.operations()) {
      Map<String, String> variables = operation.match(call).orElse(null);
      if (variables != null) {
        if (operation.schema() != null) {
          schemas.check(operation.schema(), call.params());
        }
        Call bound = call.with(variables);
        String key = call.method().equals("POST") ? call.header("idempotency-key") : null;
        return key == null
            ? effect(operation.effect(), bound, fault)
            : keys.once(key, bound, () -> effect(operation.effect(), bound, fault));
      }
    }
    throw StripeError.unknownUrl(call.method(), call.path());
  }

  /**
   * Performs a call, or answers 500 as the endpoint itself would: Stripe stores that for the key
   * like any other answer.
   */
  private Answer effect(Function<Call, ObjectNode> effect, Call call, Fault fault) {
    try {
      if (fault == Fault.SERVER_ERROR || fault == Fault.NOT_AGAIN) {
        return Answer.of(StripeError.internal());
      }
      Answer answer = account.perform(call, gate, effect);
      return fault == Fault.SERVER_ERROR_AFTER ? Answer.of(StripeError.internal()) : answer;
    } catch (StripeError e) {
      return Answer.of(e);
    }
  }
}
