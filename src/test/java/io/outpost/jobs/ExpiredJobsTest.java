package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.aws.Names;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.job.JobExpiry;
import io.outpost.job.JobOutput;
import io.outpost.job.WorkspaceLeases;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * An expired job is removed with its output, artifacts and workspace, and nothing else is removed.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class ExpiredJobsTest {

  private static final String WISH =
      "{\"agent\":\"claude\",\"command\":\"Say hello\",\"workspace\":\"%s\"}";

  private final LocalOutpost outpost;
  private final AwsClients clients;
  private final Client admin;
  private final Names names;

  ExpiredJobsTest(LocalOutpost outpost, EmbeddedAws aws) {
    this.outpost = outpost;
    this.clients = aws.clients();
    this.admin = Client.of(outpost.address()).with(outpost.adminKey());
    this.names = outpost.context().getBean(Names.class);
  }

  @AfterEach
  void close() {
    clients.close();
  }

  @Test
  void aJobGoesWithWhatItLeftWhenTheTimeOfItsTierIsOver() throws Exception {
    for (var tier : Map.of("free", 90, "pro", 365, "enterprise", 730).entrySet()) {
      var customer = Customer.of(admin, tier.getKey());
      var old = ended(customer, WISH.formatted("unused"));
      var recent = ended(customer, WISH.formatted("used"));
      var kept = Duration.ofDays(tier.getValue());
      assertThat(notes(customer)).hasSize(2);
      age(customer, old, kept.plusMinutes(1));
      age(customer, recent, kept.minusHours(1));

      remove();
      remove();

      var client = customer.client();
      assertThat(client.get("/jobs/" + old).status()).as(tier.getKey()).isEqualTo(404);
      assertThat(client.get("/jobs/" + old + "/output").status()).isEqualTo(404);
      assertThat(objects(customer, old)).isEmpty();
      assertThat(client.get("/jobs/" + recent + "/output").body()).contains("Say hello");
      assertThat(client.get("/jobs").json().get("data").findValuesAsText("job_id"))
          .containsExactly(recent);
      assertThat(client.get("/workspaces").json().get("data").findValuesAsText("name"))
          .containsExactly("used");
      assertThat(notes(customer)).hasSize(1);
      // The usage stays counted.
      assertThat(client.get("/billing/usage").json().get("used").asInt()).isEqualTo(2);
    }
  }

  /** A workspace expires with the job that saved it last. */
  @Test
  void aWorkspaceThatALaterJobSavedStays() throws Exception {
    var customer = Customer.of(admin, "free");
    var first = ended(customer, WISH.formatted("shared"));
    ended(customer, WISH.formatted("shared"));
    age(customer, first, Duration.ofDays(91));
    remove();
    assertThat(customer.client().get("/jobs/" + first).status()).isEqualTo(404);
    var third = ended(customer, WISH.formatted("shared"));
    assertThat(customer.client().get("/jobs/" + third + "/output").body())
        .contains("run 3 in this directory");
  }

  /** If that job saves nothing, the workspace is removed a day later. */
  @Test
  void aWorkspaceThatAJobHasIsLookedAtAgain() throws Exception {
    var customer = Customer.of(admin, "free");
    var job = ended(customer, WISH.formatted("busy"));
    held(customer, "busy", Instant.now().plusSeconds(3600));
    age(customer, job, Duration.ofDays(91));
    remove();
    assertThat(customer.client().get("/jobs/" + job).status()).isEqualTo(404);
    assertThat(archives(customer)).hasSize(1);
    assertThat(notes(customer)).hasSize(1);

    // A killed worker leaves its lease on the workspace, which ends by itself.
    held(customer, "busy", Instant.now().minusSeconds(1));
    age(customer, job, Duration.ofDays(2));
    remove();
    assertThat(customer.client().get("/workspaces").json().get("data")).isEmpty();
    assertThat(archives(customer)).isEmpty();
    assertThat(notes(customer)).isEmpty();
  }

  /**
   * The note about the expired job is removed last, so an interrupted removal is completed by the
   * next one.
   */
  @Test
  void aRemovalThatFailedHalfwayIsFinishedTheNextTime() throws Exception {
    var customer = Customer.of(admin, "free");
    var job = ended(customer, WISH.formatted("w"));
    age(customer, job, Duration.ofDays(91));
    var expired = outpost.context().getBean(ExpiredJobs.class);
    var due =
        expired.due().stream().filter(d -> d.endedJob().equals(job)).findFirst().orElseThrow();
    expired.files(due);
    var key = Tenant.key(customer.tenantId(), WorkspaceLeases.SK + "w");
    clients.dynamoDb().deleteItem(d -> d.tableName(names.table("tenants")).key(key));
    remove();
    assertThat(customer.client().get("/jobs/" + job).status()).isEqualTo(404);
    assertThat(archives(customer)).isEmpty();
    assertThat(notes(customer)).isEmpty();
  }

  @Test
  void aJobThatWasCancelledExpiresToo() throws Exception {
    var customer = Customer.of(admin, "free");
    var later = "{\"agent\":\"claude\",\"command\":\"Hi\",\"start_after\":\"%s\"}";
    var job = customer.client().submit(later.formatted(Json.time(Instant.now().plusSeconds(3600))));
    assertThat(customer.client().delete("/jobs/" + job).status()).isEqualTo(200);
    age(customer, job, Duration.ofDays(91));
    remove();
    assertThat(customer.client().get("/jobs/" + job).status()).isEqualTo(404);
  }

  private static String ended(Customer customer, String wish) {
    var job = customer.client().submit(wish);
    assertThat(customer.client().ended(job).path("status").asText()).isEqualTo("succeeded");
    return job;
  }

  private List<Map<String, AttributeValue>> notes(Customer customer) {
    return Shards.all(JobExpiry.ENDED).stream()
        .flatMap(
            shard ->
                clients
                    .dynamoDb()
                    .query(
                        q ->
                            q.tableName(names.table("usage"))
                                .keyConditionExpression("tenant_id = :shard")
                                .expressionAttributeValues(Map.of(":shard", Items.text(shard))))
                    .items()
                    .stream())
        .filter(note -> note.get("owner").s().equals(customer.tenantId()))
        .toList();
  }

  /** Moves the job's end into the past. */
  private void age(Customer customer, String job, Duration age) {
    var note = notes(customer).stream().filter(n -> n.get("ended_job").s().equals(job)).findFirst();
    var item = new HashMap<>(note.orElseThrow());
    var table = names.table("usage");
    var key = Map.of("tenant_id", item.get("tenant_id"), "sk", item.get("sk"));
    clients.dynamoDb().deleteItem(d -> d.tableName(table).key(key));
    var until = Instant.parse(item.get("sk").s().split("#", -1)[0]).minus(age);
    item.put("sk", Items.text(Json.time(until) + "#" + job));
    clients.dynamoDb().putItem(p -> p.tableName(table).item(item));
  }

  /** Gives the workspace a lease that ends at this time. */
  private void held(Customer customer, String workspace, Instant until) {
    clients
        .dynamoDb()
        .updateItem(
            u ->
                u.tableName(names.table("tenants"))
                    .key(Tenant.key(customer.tenantId(), WorkspaceLeases.SK + workspace))
                    .updateExpression("SET holder = :holder, holder_until = :until")
                    .expressionAttributeValues(
                        Map.of(
                            ":holder", Items.text("another"),
                            ":until", Items.text(Json.time(until)))));
  }

  private List<String> archives(Customer customer) {
    return below(JobOutput.prefix(customer.tenantId()) + "workspaces/");
  }

  private List<String> objects(Customer customer, String job) {
    return below(JobOutput.prefix(customer.tenantId(), job));
  }

  private List<String> below(String prefix) {
    return Stream.of(
            clients.s3().listObjectsV2(l -> l.bucket(names.bucket("output")).prefix(prefix)))
        .flatMap(page -> page.contents().stream())
        .map(object -> object.key())
        .toList();
  }

  /** Runs the route of the timer. */
  private void remove() throws Exception {
    var camel = outpost.context().getBean(CamelContext.class);
    var exchange = new DefaultExchange(camel);
    camel.getRoute("remove-expired-jobs").getConsumer().getProcessor().process(exchange);
    assertThat(exchange.getException()).isNull();
  }
}
