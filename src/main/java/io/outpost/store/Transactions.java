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
 * Writes a change in one TransactWriteItems, or each of its writes separately. Conflicts and
 * throttling are retried with full jitter; the first failed condition decides the outcome.
 * Thread-safe.
 */
@Component
public class Transactions {

  static final int TRIES = 8;

  /** Thrown by a refused write whose condition may hold by now: the change is written again. */
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
   * For tests of the waits.
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
   * @throws RuntimeException of the refused write; {@link Problem} 503 when it conflicts for too
   *     long
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
              // Retried with the same waits and limit as a conflict.
            }
            return false;
          }
        });
    change.written();
  }

  /**
   * Writes updates one after another, up to the first that is refused; for updates that are each
   * valid without the next. It costs half as much as a transaction.
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

  /**
   * Retries when a conflict comes before the failed condition, because the conflict may be with the
   * same request.
   */
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
