package io.outpost.store;

import io.outpost.kernel.Problem;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.TransactionConflictException;

/**
 * Writes a change in one TransactWriteItems, or each part of it by itself. Conflicts and throttling
 * are tried again, with full jitter; the first write that was in the way decides what happens.
 * Thread-safe.
 */
@Component
public class Transactions {

  static final int TRIES = 8;

  /** What a refused write says when its condition may hold by now: the change is written again. */
  static final class TryAgain extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TryAgain() {
      super(null, null, false, false);
    }
  }

  private static final Duration FIRST_WAIT = Duration.ofMillis(20);
  private static final Set<String> PASSING =
      Set.of("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded");

  private final DynamoDbClient dynamoDb;
  private final LongConsumer wait;

  @Autowired
  Transactions(DynamoDbClient dynamoDb) {
    this(dynamoDb, LockSupport::parkNanos);
  }

  /**
   * For a test of what is waited.
   *
   * @param wait waits as many nanoseconds
   */
  Transactions(DynamoDbClient dynamoDb, LongConsumer wait) {
    this.dynamoDb = dynamoDb;
    this.wait = wait;
  }

  /**
   * Writes all of it or nothing.
   *
   * @throws RuntimeException what the refused write says; {@link Problem} 503 when it conflicts for
   *     too long
   */
  public void write(Change change) {
    var items = change.writes().stream().map(Change.Write::item).toList();
    untilDone(
        () -> {
          try {
            dynamoDb.transactWriteItems(t -> t.transactItems(items));
            return true;
          } catch (TransactionCanceledException e) {
            try {
              refuse(change, e);
            } catch (TryAgain again) {
              // Waits and is bounded like a conflict.
            }
            return false;
          }
        });
    change.written();
  }

  /**
   * Writes updates one after another, up to the first that is refused: for those of which each is
   * right without the next. It costs half of what a transaction does.
   *
   * @throws RuntimeException as {@link #write}; what came before the refused write stays
   */
  public void writeEach(Change change) {
    change.writes().forEach(write -> untilDone(() -> update(write)));
    change.written();
  }

  private boolean update(Change.Write write) {
    var update = write.item().update();
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(update.tableName())
                  .key(update.key())
                  .updateExpression(update.updateExpression())
                  .conditionExpression(update.conditionExpression())
                  .expressionAttributeNames(update.expressionAttributeNames())
                  .expressionAttributeValues(update.expressionAttributeValues())
                  .returnValuesOnConditionCheckFailure(
                      update.returnValuesOnConditionCheckFailure()));
      return true;
    } catch (ConditionalCheckFailedException e) {
      throw write.refused().apply(e.item());
    } catch (TransactionConflictException e) {
      return false;
    }
  }

  private void untilDone(BooleanSupplier isDone) {
    for (int attempt = 1; !isDone.getAsBoolean(); attempt++) {
      if (attempt == TRIES) {
        throw Problem.unavailable(
            "Too many requests change the same thing at once; try again shortly.");
      }
      wait.accept(ThreadLocalRandom.current().nextLong(longestWait(attempt)));
    }
  }

  /** A conflict before the condition that failed is waited for: it may be of the same request. */
  private static void refuse(Change change, TransactionCanceledException e) {
    var reasons = e.cancellationReasons();
    for (int i = 0; i < reasons.size(); i++) {
      if (PASSING.contains(reasons.get(i).code())) {
        return;
      }
      if ("ConditionalCheckFailed".equals(reasons.get(i).code())) {
        throw change.writes().get(i).refused().apply(reasons.get(i).item());
      }
    }
    throw e;
  }

  /** In nanoseconds; doubles with each attempt. */
  static long longestWait(int attempt) {
    return FIRST_WAIT.toNanos() << Math.min(attempt - 1, 6);
  }
}
