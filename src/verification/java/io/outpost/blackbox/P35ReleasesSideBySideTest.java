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
 * A deployment, step by step: each role of this release works with the other role of the release
 * before, on the same tables, queues, buckets and archive, and what was begun under one is ended
 * under the other. Run by {@code .ci/compatibility}, which builds the release before.
 */
@Tag("product")
@Tag("compatibility")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
class P35ReleasesSideBySideTest {

  /** Longer than it takes to stop or kill a worker that was seen running it. */
  private static final String LONG_ENOUGH = "sleep 12";

  private final TwoReleases releases = new TwoReleases();
  private final Receiver receiver = new Receiver();

  /** Whose things outlast each step, and the jobs that it had. */
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

  /** A worker of this release takes the place of the one before; the API comes later. */
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

  /** The worker is taken back while the API goes on to this release, beside the old one. */
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

  /** What both have done, seen by both. */
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

    /** This release may say more of a thing, never something else. */
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

    /** The next release may ask for more: its containers find what these have left to them. */
    @Test
    void whatOnlyALaterReleaseKnowsWaitsForIt() {
      await().until(() -> releases.messages("stripe") == 1);
    }

    /** Both APIs and both workers have written to it. */
    @Test
    void theAuditIsOneUnbrokenChain() throws Exception {
      for (var api : List.of(oldApi, newApi)) {
        var transitions = at(api).get(customer.path("/audit?action=job.succeeded&limit=100")).json();
        assertThat(transitions.path("data")).hasSameSizeAs(jobs);
      }
      assertThat(releases.verifyAudit(customer.tenantId())).isZero();
    }
  }

  /** What works at each step of a deployment: the whole line, and what takes both roles. */
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
      // The slot that it had is free: the tenant has only one.
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

    /** A key made under one release opens the other; a workspace saved by one is restored by it. */
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

  /** The customer's client of an API. */
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
