package io.outpost.benchmarks;

import io.outpost.aws.Names;
import io.outpost.blackbox.Client;
import io.outpost.job.Job;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.store.Items;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.PutRequest;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/**
 * Measures whether requests become slower as jobs accumulate: the same requests of the same
 * tenants, with a thousand jobs in the tables and with a million of ten thousand tenants.
 */
final class Growth {

  private static final int TENANTS = 10;
  private static final int FEW = 1_000;
  private static final int MANY = Integer.getInteger("jobs", 1_000_000);
  private static final int OTHERS = 10_000;
  private static final int BATCH = 25;
  private static final int LOADERS = 4;
  private static final int REQUESTS = Integer.getInteger("requests", 3_000);
  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";

  private final AwsClients aws;
  private final String table;

  private Growth(AwsClients aws, String table) {
    this.aws = aws;
    this.table = table;
  }

  /** A tenant, with the keys of its client, and a job of its own. */
  private record Owner(String tenantId, String key, String job) {}

  /** Prints a report in Markdown. */
  public static void main(String[] args) {
    try (var embedded = EmbeddedAws.start(Optional.empty());
        var clients = embedded.clients();
        var outpost =
            LocalOutpost.on(
                embedded.endpoints(),
                "api",
                Map.of("server.port", 0, "outpost.auth.rate-limit-per-minute", 100_000_000))) {
      var growth = new Growth(clients, outpost.context().getBean(Names.class).table("jobs"));
      var owners = growth.owners(outpost);
      growth.fill(owners.stream().map(Owner::tenantId).toList(), FEW);
      measure(outpost, owners, REQUESTS); // warms up
      var few = measure(outpost, owners, REQUESTS);
      growth.fill(IntStream.range(0, OTHERS).mapToObj(i -> Ids.uuid()).toList(), MANY);
      var many = measure(outpost, owners, REQUESTS);
      System.out.printf("| request | p99 with %,d jobs | with %,d | ratio |%n", FEW, MANY + FEW);
      System.out.println("| --- | --- | --- | --- |");
      few.forEach(
          (request, before) ->
              System.out.printf(
                  "| %s | %.1f ms | %.1f ms | %.2f |%n",
                  request, before, many.get(request), many.get(request) / before));
    }
  }

  private List<Owner> owners(LocalOutpost outpost) {
    var admin = Client.of(outpost.address()).with(outpost.adminKey());
    return IntStream.range(0, TENANTS)
        .mapToObj(
            i -> {
              var client = admin.newTenant("Bench" + i);
              var job = client.post("/jobs", JOB);
              return new Owner(job.text("tenant_id"), client.key(), job.text("job_id"));
            })
        .toList();
  }

  /** Writes ended jobs, spread evenly over tenants. */
  private void fill(List<String> tenants, int jobs) {
    var began = System.nanoTime();
    var loaders =
        IntStream.range(0, LOADERS)
            .mapToObj(
                loader ->
                    Thread.ofPlatform()
                        .start(
                            () -> {
                              for (int i = loader * BATCH; i < jobs; i += LOADERS * BATCH) {
                                write(tenants, i, Math.min(jobs, i + BATCH));
                              }
                            }))
            .toList();
    loaders.forEach(Growth::join);
    var seconds = (System.nanoTime() - began) / 1e9;
    System.err.printf("%,d jobs written, %,.0f a second%n", jobs, jobs / seconds);
  }

  private void write(List<String> tenants, int from, int to) {
    var writes = new ArrayList<WriteRequest>();
    for (int i = from; i < to; i++) {
      var item = job(tenants.get(i % tenants.size()));
      writes.add(
          WriteRequest.builder().putRequest(PutRequest.builder().item(item).build()).build());
    }
    aws.dynamoDb().batchWriteItem(b -> b.requestItems(Map.of(table, writes)));
  }

  private static Map<String, AttributeValue> job(String tenant) {
    var id = Ids.ulid();
    var now = Items.text(Json.time(Instant.now()));
    var item = new HashMap<>(Job.key(tenant, id));
    item.put("agent", Items.text("claude"));
    item.put("command", Items.text("Say hello"));
    item.put("priority", Items.text("normal"));
    item.put("timeout_seconds", Items.number(3600));
    item.put("status", Items.text("succeeded"));
    item.put("status_job", Items.text(Job.statusKey(Job.Status.succeeded, id)));
    item.put("attempts", Items.number(1));
    item.put("created_at", now);
    item.put("started_at", now);
    item.put("completed_at", now);
    item.put("exit_code", Items.number(0));
    item.put("output_location", Items.text("/jobs/" + id + "/output"));
    return item;
  }

  /** The 99th percentile of each kind of request, in milliseconds. */
  private static Map<String, Double> measure(
      LocalOutpost outpost, List<Owner> owners, int requests) {
    var port = URI.create(outpost.address()).getPort();
    var measured = new TreeMap<String, Double>();
    var owner = owners.getFirst();
    measured.put("submit", p99(new Load(port, "POST", "/jobs", owner.key(), JOB, 202), requests));
    measured.put(
        "get", p99(new Load(port, "GET", "/jobs/" + owner.job(), owner.key(), "", 200), requests));
    measured.put("list", p99(new Load(port, "GET", "/jobs", owner.key(), "", 200), requests));
    return measured;
  }

  private static double p99(Load load, int requests) {
    return load.run(4, requests).percentile(0.99);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
