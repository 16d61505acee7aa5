package io.outpost.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.auth.KeyStore;
import io.outpost.blackbox.Customer;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The number of AWS calls that a request makes once its key is cached, counted at a running API.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class CallsPerRequestTest {

  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";
  private static final int TIMES = 20;

  private final TwoApis apis;
  private final Customer customer;
  private final String job;
  private final List<AwsProbe.Call> draws;
  private final List<AwsProbe.Call> calls;

  /** After a first request of each kind, queue URLs, the key and the first permits are cached. */
  CallsPerRequestTest(TwoApis apis) {
    this.apis = apis;
    this.customer = Customer.of(apis.admin(), "enterprise");
    // Billing creates the Stripe customer in the background.
    await()
        .until(() -> apis.admin().get(customer.path("")).json().hasNonNull("stripe_customer_id"));
    this.job = customer.client().post("/jobs", JOB).text("job_id");
    this.draws = apis.probe().record(call -> call.mentions(customer.keyId() + "#"));
    this.calls = apis.probe().record(call -> isOfTheCustomer(call) && !isOffThePath(call));
  }

  @Test
  void aSubmissionIsATransactionAndAMessage() {
    times(() -> assertThat(customer.client().post("/jobs", JOB).status()).isEqualTo(202));
    assertThat(operations()).hasSize(2 * TIMES);
    assertThat(operations()).filteredOn("TransactWriteItems"::equals).hasSize(TIMES);
    assertThat(operations()).filteredOn("SendMessage"::equals).hasSize(TIMES);
  }

  @Test
  void anIdempotencyKeyCostsNoFurtherCall() {
    times(
        () ->
            customer
                .client()
                .json("POST", "/jobs", JOB, "Idempotency-Key", UUID.randomUUID().toString()));
    assertThat(operations()).hasSize(2 * TIMES);
  }

  @Test
  void readingAJobIsOneRead() {
    times(() -> assertThat(customer.client().get("/jobs/" + job).status()).isEqualTo(200));
    assertThat(operations()).hasSize(TIMES).containsOnly("GetItem");
  }

  @Test
  void aPageOfJobsIsOneQuery() {
    times(() -> assertThat(customer.client().get("/jobs").status()).isEqualTo(200));
    assertThat(operations()).hasSize(TIMES).containsOnly("Query");
  }

  /** One draw brings permits for many requests. */
  @Test
  void aKnownKeyIsLetInWithoutAsking() {
    times(() -> assertThat(customer.client().get("/auth/verify").status()).isEqualTo(200));
    assertThat(operations()).isEmpty();
    assertThat(draws).hasSizeLessThanOrEqualTo(2);
  }

  /**
   * Marks the key cache as up to date, because a busy machine may read the change feed too late.
   */
  private void times(Runnable request) {
    for (int i = 0; i < TIMES; i++) {
      apis.bean(KeyStore.class).upToDate();
      request.run();
    }
  }

  private List<String> operations() {
    return calls.stream().map(AwsProbe.Call::operation).toList();
  }

  private boolean isOfTheCustomer(AwsProbe.Call call) {
    return call.mentions(customer.tenantId());
  }

  /**
   * Whether the call is not part of the request: a batch of audit entries, the time of a key's last
   * use, or a new read of the key after its tenant got its Stripe customer.
   */
  private static boolean isOffThePath(AwsProbe.Call call) {
    return call.service().equals("Sqs") && call.mentions("outpost-audit")
        || call.mentions("last_used_at")
        || call.operation().equals("BatchGetItem");
  }
}
