package io.outpost.http;

import io.outpost.audit.AuditEntry;
import io.outpost.audit.AuditTrail;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import io.outpost.store.Transactions;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/**
 * Writes an operation's change in one transaction with its audit entry and, for requests with an
 * Idempotency-Key, the answer. None of them can exist without the others. Stateless.
 */
@Component("commit")
public class Commit {

  private final Transactions transactions;
  private final Idempotency idempotency;
  private final AuditTrail trail;

  Commit(Transactions transactions, Idempotency idempotency, AuditTrail trail) {
    this.transactions = transactions;
    this.idempotency = idempotency;
    this.trail = trail;
  }

  /**
   * Commits the exchange's change. The message is the answer; its body, status and Location are
   * stored for repetitions of the request. When this request is a repetition, the message becomes
   * the first answer and the property {@code repeated} is true.
   */
  public void commit(Exchange exchange, @ExchangeProperty(Call.NAME) Call call) {
    var change = Change.of(exchange);
    var status = exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, 200, Integer.class);
    var made = exchange.getMessage().getHeader("Location", call.path(), String.class);
    var entry = CallRecorder.entry(call, call.tenantOnceWritten(), made, status);
    trail.add(change, entry);
    // When recall ran before, it has already counted the Idempotency-Key.
    if (exchange.getProperty("repeated") == null) {
      idempotency.requireRoom(call);
    }
    idempotency.add(change, call, exchange.getMessage());
    try {
      transactions.write(change);
      call.written(entry);
      exchange.setProperty("repeated", false);
    } catch (Idempotency.Repeated repeated) {
      idempotency.answerAgain(repeated, call, exchange.getMessage());
      call.made(exchange.getMessage().getHeader("Location", String.class));
      exchange.setProperty("repeated", true);
    } catch (TransactionCanceledException e) {
      throw e;
    } catch (SdkException e) {
      call.uncertain();
      throw e;
    }
  }

  /**
   * Commits one entry of a call that has several, with its own audit entry and, for requests with
   * an Idempotency-Key, with its result, which is the message as in {@link #commit}. A refused
   * entry without an Idempotency-Key writes nothing. Returns the audit entry; null for a
   * repetition, where the message becomes the first result.
   *
   * @param action of the entry, for the audit
   * @param refused the reason of a refusal; null when the entry is carried out
   */
  public @Nullable AuditEntry commitEntry(
      Exchange exchange, Call call, int index, String action, Problem.@Nullable Code refused) {
    var change = Change.of(exchange);
    var answer = exchange.getMessage();
    var place = call.path() + "#" + index;
    var made = answer.getHeader("Location", place, String.class);
    var entry = CallRecorder.entryOfPart(call, action, made, refused);
    idempotency.addEntry(change, call, answer, index);
    if (change.isEmpty()) {
      return entry;
    }
    trail.add(change, entry);
    try {
      transactions.write(change);
      return entry;
    } catch (Idempotency.Repeated repeated) {
      idempotency.answerAgain(repeated, call, answer);
      return null;
    }
  }

  /**
   * Answers a repeated request before any other step. Needed by operations that could not be
   * repeated after their own effect; all others need only {@link #commit}.
   */
  public void recall(Exchange exchange, @ExchangeProperty(Call.NAME) Call call) {
    var repeated = idempotency.find(call);
    repeated.ifPresentOrElse(
        r -> idempotency.answerAgain(r, call, exchange.getMessage()),
        () -> idempotency.requireRoom(call));
    exchange.setProperty("repeated", repeated.isPresent());
  }
}
