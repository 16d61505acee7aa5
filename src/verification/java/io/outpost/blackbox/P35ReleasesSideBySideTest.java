package io.outpost.blackbox;

import static io.outpost.blackbox.TwoReleases.Release.BEFORE;
import static io.outpost.blackbox.TwoReleases.Release.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.webhooks.Receiver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.TestInstance;

/**
 * A deployment step by step: each role of this release works with the other role of the previous
 * release on the same tables, queues, buckets and archive, and work that one release began is
 * completed by the other. {@code .ci/compatibility} builds the previous release and runs this
 * test.
 */
@Tag("product")
@Tag("compatibility")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
class P35ReleasesSideBySideTest {

  /** Longer than a worker needs to stop. */
  private static final String LONG_ENOUGH = "sleep 12";

  private final TwoReleases releases = new TwoReleases();
  private final Receiver receiver = new Receiver();

  /** A customer whose data is checked in each step, and its jobs. */
  private Customer customer;

  private final List<String> jobs = new ArrayList<>();
  private Client oldApi;
  private Client newApi;

  P35ReleasesSideBySideTest() throws IOException {}

  @AfterAll
  void stop() {
    receiver.close();
    releases.close();
  }

  /** Step: the worker is of this release, the API still of the previous one. */
  @Nested
  @Order(1)
  class AnOldApiWithANewWorker extends Step {

    AnOldApiWithANewWorker() {
      super(oldApi = releases.startApi(BEFORE));
    }

    @BeforeAll
    void startWorker() {
      releases.startWorker(NOW);
      customer = Customer.of(oldApi, "enterprise");
      var hook = "{\"url\":\"%s\"}".formatted(receiver.url("/"));
      assertThat(oldApi.post(customer.path("/webhooks"), hook).status()).isEqualTo(201);
    }
  }

  /** Step: the worker is rolled back, and APIs of both releases run. */
  @Nested
  @Order(2)
  class ANewApiWithAnOldWorker extends Step {

    ANewApiWithAnOldWorker() {
      super(newApi = releases.startApi(NOW));
      releases.send("stripe", "{\"kind\":\"of_tomorrow\",\"tenant_id\":\"none\"}");
    }

    @BeforeAll
    void exchangeWorkers() throws InterruptedException {
      var handedBack = runningJob(oldApi);
      releases.stop("worker", NOW);
      releases.startWorker(BEFORE);
      var job = at(newApi).ended(handedBack);
      assertThat(job.path("status").asText()).isEqualTo("succeeded");
      assertThat(job.path("attempts").asInt()).as("what is handed back costs none").isOne();
    }
  }

  /** Step: both releases read what both have written. */
  @Nested
  @Order(3)
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class InTheEnd {

    @BeforeAll
    void oneMoreJobThatLosesItsWorker() throws InterruptedException {
      var lost = runningJob(newApi);
      releases.kill("worker", BEFORE);
      releases.startWorker(NOW);
      var job = at(oldApi).ended(lost);
      assertThat(job.path("status").asText()).isEqualTo("succeeded");
      assertThat(job.path("attempts").asInt()).isEqualTo(2);
    }

    /** This release may add fields to an answer, but not change existing ones. */
    @Test
    void bothApisSayTheSameOfEveryJob() {
      assertThat(jobs)
          .allSatisfy(
              job -> assertSays(jobAt(newApi, job), jobAt(oldApi, job)));
    }

    @Test
    void everyEndWasTold() {
      await()
          .untilAsserted(
              () ->
                  assertThat(
                          receiver.got().stream()
                              .filter(got -> got.type().equals("job.succeeded"))
                              .map(got -> got.json().at("/data/job_id").asText()))
                      .containsAll(jobs));
    }

    @Test
    void everyJobIsCountedOnceByUsAndByStripe() {
      for (var api : List.of(oldApi, newApi)) {
        assertThat(at(api).get("/billing/usage").json().path("used").asInt())
            .isEqualTo(jobs.size());
      }
      var billed = at(newApi).get(customer.path("")).text("stripe_customer_id");
      await()
          .untilAsserted(() -> assertThat(releases.counted(billed)).isEqualTo(jobs.size()));
    }

    @Test
    void noMessageWasTooMuchForEither() {
      for (var queue : List.of("jobs-dlq", "audit-dlq", "stripe-dlq")) {
        assertThat(releases.messages(queue)).as(queue).isZero();
      }
    }

    /** Messages that only a newer release knows wait for its containers. */
    @Test
    void whatOnlyALaterReleaseKnowsWaitsForIt() {
      await().until(() -> releases.messages("stripe") == 1);
    }

    /** The archive has blocks of both releases' workers and entries of both APIs. */
    @Test
    void theAuditIsOneUnbrokenChain() throws Exception {
      for (var api : List.of(oldApi, newApi)) {
        var transitions = at(api).get(customer.path("/audit?action=job.succeeded&limit=100")).json();
        assertThat(transitions.path("data")).hasSameSizeAs(jobs);
      }
      assertThat(releases.verifyAudit(customer.tenantId())).isZero();
    }
  }

  /**
   * The tests of each step of a deployment: the whole path, and operations that need both
   * roles.
   */
  abstract class Step extends JobLine {
    private final Client operator;

    Step(Client operator) {
      super(operator);
      this.operator = operator;
    }

    @Test
    void aJobThatRunsIsCancelled() {
      var free = Customer.of(operator, "free").client();
      var job = free.submit("claude", "sleep 600");
      await().until(() -> free.get("/jobs/" + job).text("status").equals("running"));
      assertThat(free.delete("/jobs/" + job).status()).isEqualTo(200);
      assertThat(free.ended(job).path("status").asText()).isEqualTo("cancelled");
      // The tenant's only slot is free again.
      assertThat(free.ended(free.submit("claude", "hello")).path("status").asText())
          .isEqualTo("succeeded");
    }

    @Test
    void aJobOverTheCapWaitsForTheOneBeforeIt() {
      var free = Customer.of(operator, "free").client();
      var first = free.submit("claude", "sleep 3");
      var second = free.submit("claude", "hello");
      var firstEnd = free.ended(first).path("completed_at").asText();
      var waited = free.ended(second);
      assertThat(waited.path("status").asText()).isEqualTo("succeeded");
      assertThat(waited.path("attempts").asInt()).isOne();
      assertThat(waited.path("started_at").asText()).isGreaterThanOrEqualTo(firstEnd);
    }

    /** A key that one release created works in the other, and so does a saved workspace. */
    @Test
    void whatATenantHadIsThere() {
      var job =
          at(operator)
              .submit("{\"agent\":\"claude\",\"command\":\"Say hello\",\"workspace\":\"kept\"}");
      assertThat(at(operator).ended(job).path("status").asText()).isEqualTo("succeeded");
      jobs.add(job);
      var runs = operator == oldApi ? 1 : 2;
      assertThat(at(operator).get("/jobs/" + job + "/output").body())
          .contains("run %d in this directory".formatted(runs));
    }
  }

  /** The customer's client for an API. */
  private Client at(Client api) {
    return api.with(customer.client().key());
  }

  private String runningJob(Client api) {
    var job = at(api).submit("claude", LONG_ENOUGH);
    jobs.add(job);
    await().until(() -> at(api).get("/jobs/" + job).text("status").equals("running"));
    return job;
  }

  private JsonNode jobAt(Client api, String job) {
    return at(api).get("/jobs/" + job).json();
  }

  private static void assertSays(JsonNode more, JsonNode less) {
    less.properties()
        .forEach(
            field -> assertThat(more.get(field.getKey())).as(field.getKey()).isEqualTo(field.getValue()));
  }
}
