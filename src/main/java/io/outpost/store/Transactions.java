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
 * Writes a change in one transaction, or each of its writes separately. Conflicts and throttling
 * are retried with full jitter; the first failed condition decides which problem is thrown.
 * Thread-safe.
 */
@Component
public class Transactions {

  static final int TRIES = 8;

  /**
   * Thrown by a refused write whose condition may hold by now, so that the change is written again.
   */
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
   * @param wait waits this many nanoseconds
   */
  Transactions(DynamoDbClient dynamoDb, LongConsumer wait) {
    this.dynamoDb = dynamoDb;
    this.wait = wait;
  }

  /**
   * Writes the whole change, or nothing.
   *
   * @throws RuntimeException the problem of the refused write; {@link Problem} 503 when other
   *     writes conflict for too long
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
              // Tried again, with the same waits and limit as after a conflict.
            }
            return false;
          }
        });
    change.written();
  }

  /**
   * Writes updates one after another, up to the first that is refused. Only for updates that are
   * valid without the ones after them. Costs half as much as a transaction.
   *
   * @throws RuntimeException as {@link #write}; updates before the refused one stay written
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
   * Throws the problem of the first failed condition. Returns, so that the write is tried again,
   * when a conflict comes before it: the conflict may be with an earlier attempt of the same
   * request.
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

  /** The longest wait before the next attempt, in nanoseconds. Doubles with each attempt. */
  static long longestWait(int attempt) {
    return FIRST_WAIT.toNanos() << Math.min(attempt - 1, 6);
  }
}
