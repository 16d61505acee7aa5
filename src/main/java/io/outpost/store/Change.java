package io.outpost.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionCheck;
import software.amazon.awssdk.services.dynamodb.model.Delete;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * The writes of one exchange. Steps add to them; the commit writes all of them or none. For one
 * exchange, not thread-safe.
 */
public final class Change {

  private static final Logger LOG = LoggerFactory.getLogger(Change.class);

  private static final String PROPERTY = "change";

  private final List<Write> writes = new ArrayList<>();
  private final List<Runnable> afterwards = new ArrayList<>();

  /**
   * One write, with the problem to report when its condition does not hold.
   *
   * @param refused creates the problem from the item as it is now (empty when it does not exist)
   */
  record Write(
      TransactWriteItem item, Function<Map<String, AttributeValue>, RuntimeException> refused) {}

  /** The change of an exchange, created on first use. */
  public static Change of(Exchange exchange) {
    var change = exchange.getProperty(PROPERTY, Change.class);
    if (change == null) {
      change = new Change();
      exchange.setProperty(PROPERTY, change);
    }
    return change;
  }

  /** Replaces the change of an exchange by a new, empty one. */
  public static Change renew(Exchange exchange) {
    exchange.removeProperty(PROPERTY);
    return of(exchange);
  }

  /** Adds a put; refused as in {@link Write}. */
  public Change put(
      Put.Builder put, Function<Map<String, AttributeValue>, RuntimeException> refused) {
    var item =
        put.returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
            .build();
    return add(TransactWriteItem.builder().put(item).build(), refused);
  }

  /** Adds a put without a condition. */
  public Change put(Put.Builder put) {
    return put(put, Change::impossible);
  }

  /** Adds a put whose refusal takes precedence over all others. */
  public Change first(
      Put.Builder put, Function<Map<String, AttributeValue>, RuntimeException> refused) {
    put(put, refused);
    writes.addFirst(writes.removeLast());
    return this;
  }

  /** Adds an update; refused as in {@link Write}. */
  public Change update(
      Update.Builder update, Function<Map<String, AttributeValue>, RuntimeException> refused) {
    var item =
        update
            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
            .build();
    return add(TransactWriteItem.builder().update(item).build(), refused);
  }

  /** Adds an update without a condition. */
  public Change update(Update.Builder update) {
    return update(update, Change::impossible);
  }

  /** Adds a delete; refused as in {@link Write}. */
  public Change delete(
      Delete.Builder delete, Function<Map<String, AttributeValue>, RuntimeException> refused) {
    var item =
        delete
            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
            .build();
    return add(TransactWriteItem.builder().delete(item).build(), refused);
  }

  /** Adds a delete without a condition. */
  public Change delete(Delete.Builder delete) {
    return delete(delete, Change::impossible);
  }

  /** Adds a condition on an item that is not written; refused as in {@link Write}. */
  public Change check(
      ConditionCheck.Builder check,
      Function<Map<String, AttributeValue>, RuntimeException> refused) {
    var item =
        check
            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
            .build();
    return add(TransactWriteItem.builder().conditionCheck(item).build(), refused);
  }

  /** Whether there is nothing to write. */
  public boolean isEmpty() {
    return writes.isEmpty();
  }

  /** Adds a listener that is called after the commit. If the listener fails, the commit stays. */
  public Change afterwards(Runnable told) {
    afterwards.add(told);
    return this;
  }

  List<Write> writes() {
    return writes;
  }

  void written() {
    for (var told : afterwards) {
      try {
        told.run();
      } catch (RuntimeException e) {
        // The change is written already, so a failed listener must not make it look refused.
        LOG.warn("A listener failed after a change was written", e);
      }
    }
  }

  private static RuntimeException impossible(Map<String, AttributeValue> old) {
    return new IllegalStateException("A write without a condition was refused");
  }

  private Change add(
      TransactWriteItem item, Function<Map<String, AttributeValue>, RuntimeException> refused) {
    writes.add(new Write(item, refused));
    return this;
  }
}
