package io.outpost.platform.aws;

import io.outpost.platform.Problem;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/**
 * Writes a change in one TransactWriteItems. Conflicts and throttling are tried again, with full
 * jitter; the first write whose condition does not hold decides the refusal. Thread-safe.
 */
@Component
public class Transactions {

  private static final int TRIES = 8;
  private static final Duration FIRST_WAIT = Duration.ofMillis(20);
  private static final Set<String> PASSING =
      Set.of("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded");

  private final DynamoDbClient dynamoDb;

  Transactions(DynamoDbClient dynamoDb) {
    this.dynamoDb = dynamoDb;
  }

  /**
   * Writes all of it or nothing.
   *
   * @throws RuntimeException what the refused write says; {@link Problem} 503 when it conflicts for
   *     too long
   */
  public void write(Change change) {
    var items = change.writes().stream().map(Change.Write::item).toList();
    for (int attempt = 1; ; attempt++) {
      try {
        dynamoDb.transactWriteItems(t -> t.transactItems(items));
        return;
      } catch (TransactionCanceledException e) {
        refuse(change, e);
        if (attempt == TRIES) {
          throw Problem.unavailable(
              "Too many requests change the same thing at once; try again shortly.");
        }
        pause(attempt);
      }
    }
  }

  private static void refuse(Change change, TransactionCanceledException e) {
    var reasons = e.cancellationReasons();
    for (int i = 0; i < reasons.size(); i++) {
      if ("ConditionalCheckFailed".equals(reasons.get(i).code())) {
        throw change.writes().get(i).refused().apply(reasons.get(i).item());
      }
    }
    if (reasons.stream().map(CancellationReason::code).noneMatch(PASSING::contains)) {
      throw e;
    }
  }

  private static void pause(int attempt) {
    var most = FIRST_WAIT.toNanos() << Math.min(attempt, 6);
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most));
  }
}
