package io.outpost.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.aws.AwsProbe;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.CamelContext;
import org.apache.camel.component.timer.TimerEndpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.core.exception.SdkClientException;

/**
 * A key that one container refuses is refused by every other within five seconds, although each
 * caches keys for minutes. All changes here are made at the first while the second is in use.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P18RevokedEverywhereTest {

  private static final Duration PROMISED = Duration.ofSeconds(5);

  /**
   * Long enough for a busy machine, and much shorter than the five minutes that keys are cached.
   */
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private static final int USERS = 4;

  private final TwoApis apis;
  private final Client admin;
  private final Customer customer;
  private final Client elsewhere;

  P18RevokedEverywhereTest(TwoApis apis) {
    this.apis = apis;
    this.admin = apis.admin();
    this.customer = Customer.of(admin, "pro");
    this.elsewhere = customer.client().at(apis.second());
  }

  @BeforeEach
  void theSecondRemembersTheKey() {
    assertThat(elsewhere.get("/jobs").status()).isEqualTo(200);
  }

  /**
   * The other tests prove that nothing else delays a refusal; they cannot control how long polling
   * and trust take.
   */
  @Test
  void pollingAndTrustTakeNoLongerThanPromised() {
    var polls =
        (TimerEndpoint) apis.bean(CamelContext.class).getRoute("follow-changes").getEndpoint();
    assertThat(Duration.ofMillis(polls.getPeriod()).plusNanos(KeyStore.TRUSTED_UNHEARD))
        .isLessThan(PROMISED);
  }

  @Test
  void aRevokedKey() {
    refusedUnderLoad(401, () -> admin.delete(customer.path("/api-keys/" + customer.keyId())));
  }

  @Test
  void aKeyReplacedWithoutGrace() {
    var path = customer.path("/api-keys/" + customer.keyId() + "/rotate");
    refusedUnderLoad(401, () -> admin.post(path, "{\"grace_seconds\":0}"));
  }

  @Test
  void aSuspendedTenantsKeyAndItWorksAgainAfterwards() {
    refusedUnderLoad(403, () -> admin.patch(customer.path(""), "{\"status\":\"suspended\"}"));
    admin.patch(customer.path(""), "{\"status\":\"active\"}");
    await().atMost(LIMIT).until(() -> elsewhere.get("/jobs").status() == 200);
  }

  @Test
  void aDeletedTenantsKey() {
    refusedUnderLoad(401, () -> admin.delete(customer.path("")));
  }

  /** A container that cannot read the change feed must not trust its cached keys. */
  @Test
  void aContainerThatHearsOfNoChangesAsksAgain() {
    try (AwsProbe.Watch deaf =
        apis.secondProbe()
            .beforeEach(
                call -> {
                  if (call.operation().equals("Query") && call.mentions(":changes")) {
                    throw SdkClientException.create("Nothing is heard, for this test");
                  }
                })) {
      refusedUnderLoad(401, () -> admin.delete(customer.path("/api-keys/" + customer.keyId())));
    }
  }

  /** The container that makes the change does not need the change feed. */
  @Test
  void theContainerThatRevokesRefusesAtOnce() {
    assertThat(customer.client().get("/jobs").status()).isEqualTo(200);
    admin.delete(customer.path("/api-keys/" + customer.keyId()));
    assertThat(customer.client().get("/jobs").status()).isEqualTo(401);
  }

  /**
   * Makes a change at the first container while users call the second, until the second refuses
   * them.
   */
  private void refusedUnderLoad(int status, Runnable change) {
    var stopped = new AtomicBoolean();
    try (var users = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < USERS; i++) {
        users.execute(
            () -> {
              while (!stopped.get()) {
                elsewhere.get("/jobs");
              }
            });
      }
      try {
        change.run();
        await()
            .atMost(LIMIT)
            .pollInterval(Duration.ofMillis(50))
            .untilAsserted(() -> assertThat(elsewhere.get("/jobs").status()).isEqualTo(status));
        for (int i = 0; i < 20; i++) {
          assertThat(elsewhere.get("/jobs").status()).isEqualTo(status);
        }
      } finally {
        stopped.set(true);
      }
    }
  }
}
