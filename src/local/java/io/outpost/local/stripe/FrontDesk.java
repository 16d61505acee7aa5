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

/** What each call passes before it takes effect: key, fault, schema, idempotency. */
final class FrontDesk {
  private static final Logger LOG = System.getLogger(FrontDesk.class.getName());

  private final Account account;
  private final RequestSchemas schemas;
  private final IdempotencyKeys keys;
  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private volatile Consumer<Call> gate = call -> {};

  FrontDesk(Account account, RequestSchemas schemas, IdempotencyKeys keys) {
    this.account = account;
    this.schemas = schemas;
    this.keys = keys;
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
      if (!("Bearer " + StripeStub.SECRET_KEY).equals(call.header("authorization"))) {
        throw StripeError.unauthorized();
      }
      if (fault != null && !fault.hasEffect()) {
        throw refusal(fault);
      }
      return perform(call);
    } catch (StripeError e) {
      return Answer.of(e);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "The stub failed", e);
      return Answer.of(StripeError.internal());
    }
  }

  private static StripeError refusal(Fault fault) {
    return switch (fault) {
      case RATE_LIMITED -> StripeError.rateLimited();
      case LOCK_TIMEOUT -> StripeError.lockTimeout();
      default -> StripeError.internal();
    };
  }

  private Answer perform(Call call) {
    for (Operation operation : account.operations()) {
      Map<String, String> variables = operation.match(call).orElse(null);
      if (variables != null) {
        if (operation.schema() != null) {
          schemas.check(operation.schema(), call.params());
        }
        Call bound = call.with(variables);
        String key = call.method().equals("POST") ? call.header("idempotency-key") : null;
        return key == null
            ? effect(operation.effect(), bound)
            : keys.once(key, bound, () -> effect(operation.effect(), bound));
      }
    }
    throw StripeError.unknownUrl(call.method(), call.path());
  }

  private Answer effect(Function<Call, ObjectNode> effect, Call call) {
    try {
      return account.perform(call, gate, effect);
    } catch (StripeError e) {
      return Answer.of(e);
    }
  }
}
