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
 * Writes what an operation changes together with its audit entry and, when the client gave an
 * Idempotency-Key, with the answer: one transaction, so that none of them is without the others.
 * Stateless.
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
   * Commits the exchange's change. The message is the answer: its body, status and Location are
   * kept for a repetition. When this is a repetition, the message becomes the first answer and the
   * property {@code repeated} is true.
   */
  public void commit(Exchange exchange, @ExchangeProperty(Call.NAME) Call call) {
    var change = Change.of(exchange);
    var status = exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, 200, Integer.class);
    var made = exchange.getMessage().getHeader("Location", call.path(), String.class);
    var entry = CallRecorder.entry(call, call.tenantOnceWritten(), made, status);
    trail.add(change, entry);
    // Where recall came first, it has counted the key.
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
   * Commits what one entry of a call does, with an audit entry of its own and, when the client gave
   * an Idempotency-Key, with its answer, which is the message as in {@link #commit}; a refused one
   * without a key writes nothing. Gives the audit entry; null when this is a repetition: then the
   * message becomes the first answer.
   *
   * @param action what the entry does, in the audit
   * @param refused why nothing is done; null when it is
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
   * Looks for a repetition before anything is done, for operations that would not find things as
   * they were the first time; otherwise as {@link #commit} does.
   */
  public void recall(Exchange exchange, @ExchangeProperty(Call.NAME) Call call) {
    var repeated = idempotency.find(call);
    repeated.ifPresentOrElse(
        r -> idempotency.answerAgain(r, call, exchange.getMessage()),
        () -> idempotency.requireRoom(call));
    exchange.setProperty("repeated", repeated.isPresent());
  }
}
