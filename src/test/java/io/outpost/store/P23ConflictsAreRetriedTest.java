package io.outpost.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.aws.AwsProbe;
import io.outpost.blackbox.Customer;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import io.outpost.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/**
 * A transaction that conflicts with another is retried a bounded number of times, with growing
 * random waits; one whose condition failed is not. The embedded table never reports a conflict, so
 * the test injects it.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P23ConflictsAreRetriedTest {

  private final TwoApis apis;
  private final List<Long> waits = new ArrayList<>();
  private final AtomicInteger attempts = new AtomicInteger();
  private final String mark = Ids.uuid();

  P23ConflictsAreRetriedTest(TwoApis apis) {
    this.apis = apis;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
  void whatPassesIsTriedAgainUntilItIsWritten(String reason) {
    try (var busy = busy(3, reason)) {
      transactions().write(change());
    }
    assertThat(attempts).hasValue(4);
    assertThat(waits).hasSize(3);
  }

  @Test
  void itEndsAfterABoundedNumberOfAttempts() {
    try (var busy = busy(Integer.MAX_VALUE, "TransactionConflict")) {
      assertThatThrownBy(() -> transactions().write(change()))
          .isInstanceOfSatisfying(
              Problem.class,
              problem -> {
                assertThat(problem.code()).isEqualTo(Problem.Code.UNAVAILABLE);
                assertThat(problem.headers()).containsKey("Retry-After");
              });
    }
    assertThat(attempts).hasValue(Transactions.TRIES);
    assertThat(waits).hasSize(Transactions.TRIES - 1);
  }

  @Test
  void waitsGrowAndAreRandom() {
    for (int i = 0; i < 20; i++) {
      attempts.set(0);
      try (var busy = busy(Integer.MAX_VALUE, "TransactionConflict")) {
        assertThatThrownBy(() -> transactions().write(change())).isInstanceOf(Problem.class);
      }
    }
    for (int i = 0; i < waits.size(); i++) {
      var attempt = i % (Transactions.TRIES - 1) + 1;
      assertThat(waits.get(i)).isBetween(0L, Transactions.longestWait(attempt));
    }
    assertThat(Transactions.longestWait(4)).isEqualTo(8 * Transactions.longestWait(1));
    assertThat(waits.stream().distinct().count()).isGreaterThan(waits.size() / 2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ConditionalCheckFailed", "ValidationError", "ItemCollectionSizeLimitExceeded"})
  void whatIsRefusedForGoodIsTriedOnce(String reason) {
    try (var busy = busy(1, reason)) {
      assertThatThrownBy(() -> transactions().write(change())).isNotNull();
    }
    assertThat(attempts).hasValue(1);
    assertThat(waits).isEmpty();
  }

  /**
   * A retry of a request whose write is still running may fail a later condition because of that
   * write.
   */
  @Test
  void aConflictIsSettledBeforeALaterConditionDecides() {
    try (var busy = busy(1, "TransactionConflict", "ConditionalCheckFailed")) {
      transactions().write(change());
    }
    assertThat(attempts).hasValue(2);
  }

  @Test
  void aClientSeesNothingOfAFewConflicts() {
    var customer = Customer.of(apis.admin(), "pro");
    try (var busy = busy(customer.tenantId(), 2, "None", "TransactionConflict")) {
      var body = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";
      assertThat(customer.client().post("/jobs", body).status()).isEqualTo(202);
    }
    assertThat(attempts).hasValue(3);
    assertThat(customer.client().get("/jobs").json().get("data")).hasSize(1);
  }

  private Transactions transactions() {
    return new Transactions(apis.bean(DynamoDbClient.class), waits::add);
  }

  private Change change() {
    return new Change().put(put(mark), item -> new IllegalStateException("refused"));
  }

  private Put.Builder put(String tenantId) {
    return Put.builder().tableName(apis.table("tenants")).item(Tenant.key(tenantId, "conflicts"));
  }

  private AwsProbe.Watch busy(int times, String... reasons) {
    return busy(mark, times, reasons);
  }

  private AwsProbe.Watch busy(String mark, int times, String... reasons) {
    return apis.probe()
        .beforeEach(
            call -> {
              if (call.operation().equals("TransactWriteItems")
                  && call.mentions(mark)
                  && attempts.incrementAndGet() <= times) {
                throw cancelled(reasons);
              }
            });
  }

  private static DynamoDbException cancelled(String... reasons) {
    return TransactionCanceledException.builder()
        .message("cancelled, for this test")
        .cancellationReasons(
            Stream.of(reasons).map(r -> CancellationReason.builder().code(r).build()).toList())
        .build();
  }
}
