package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.aws.Names;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.job.JobInput;
import io.outpost.kernel.Ids;
import io.outpost.local.AwsCalls;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;

/** Uploads are capped, expire, and are looked up at most once per request. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class JobInputsTest {

  private static final int MOST = 5;
  private static final String FILE =
      "{\"size_bytes\":5,\"sha256\":\"%s\"}".formatted(DigestUtils.sha256Hex("hello"));

  private static LocalOutpost outpost;
  private static Client admin;

  private final Customer customer = Customer.of(admin, "pro");
  private final Client client = customer.client();

  @BeforeAll
  static void start(EmbeddedAws aws) {
    outpost =
        LocalOutpost.on(
            aws.endpoints(),
            "api",
            Map.of(
                "server.port",
                0,
                "outpost.env",
                "inputs",
                "outpost.test.aws-calls",
                true,
                "outpost.jobs.most-inputs.free",
                MOST,
                "outpost.jobs.most-pending.free",
                1));
    admin = Client.of(outpost.address()).with(outpost.adminKey());
  }

  @AfterAll
  static void stop() {
    outpost.close();
  }

  @Test
  void oneInputMoreThanTheCapIsRefusedAndARepetitionIsNot() throws Exception {
    var free = Customer.of(admin, "free").client();
    for (int i = 0; i < MOST; i++) {
      assertThat(open(free, "key-" + i).status()).isEqualTo(201);
    }
    await().until(() -> free.post("/inputs", FILE).status() == 409);
    var refused = free.post("/inputs", FILE);
    assertThat(refused.problem()).isEqualTo("limit-reached");
    assertThat(refused.text("detail")).contains("tier free", MOST + " inputs");
    assertThat(open(free, "key-0").status()).isEqualTo(201);
    assertThat(client.post("/inputs", FILE).status()).isEqualTo(201);
  }

  @Test
  void aRepetitionGetsAFreshLinkToTheSameInput() throws Exception {
    var first = open(client, "again");
    var from = URI.create(first.text("url")).getQuery();
    // A link contains the second in which it was signed.
    await().until(() -> !URI.create(open(client, "again").text("url")).getQuery().equals(from));
    var second = open(client, "again");
    assertThat(second.status()).isEqualTo(201);
    assertThat(second.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(second.text("input_id")).isEqualTo(first.text("input_id"));
    assertThat(second.text("kept_until")).isEqualTo(first.text("kept_until"));
    assertThat(put(second)).isEqualTo(200);
    assertThat(submit(first.text("input_id")).status()).isEqualTo(202);
    var other =
        client.json("POST", "/inputs", FILE.replace(":5,", ":6,"), "Idempotency-Key", "again");
    assertThat(other.status()).isEqualTo(422);
  }

  @Test
  void anExpiredInputIsRefusedWhetherTheBucketHasRemovedItOrNot() throws Exception {
    var link = client.post("/inputs", FILE);
    assertThat(put(link)).isEqualTo(200);
    assertThat(Instant.parse(link.text("kept_until")))
        .isBetween(
            Instant.now().plus(Duration.ofDays(29)), Instant.now().plus(Duration.ofDays(31)));
    var old = Ids.firstUlidAt(Instant.now().minus(Duration.ofDays(30)).minusSeconds(1));
    var young = Ids.firstUlidAt(Instant.now().minus(Duration.ofDays(29)));
    for (var id : List.of(old, young)) {
      var key = JobInput.key(customer.tenantId(), id);
      var bucket = outpost.context().getBean(Names.class).bucket("output");
      outpost
          .context()
          .getBean(S3Client.class)
          .putObject(p -> p.bucket(bucket).key(key), RequestBody.fromString("hello"));
    }
    var refused = submit(old);
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.json().at("/errors/0/field").asText()).isEqualTo("inputs[0].input_id");
    assertThat(refused.json().at("/errors/0/detail").asText()).contains("expired", "30 days");
    assertThat(submit(young).status()).isEqualTo(202);
    var later = Instant.now().plus(Duration.ofDays(2));
    var tooLate =
        client.post("/jobs", job(young).replace("}]}", "}],\"start_after\":\"" + later + "\"}"));
    assertThat(tooLate.status()).isEqualTo(400);
    assertThat(tooLate.json().at("/errors/0/field").asText()).isEqualTo("inputs[0].input_id");
  }

  /** The bucket's lifecycle rule in Terraform has the same time as the API. */
  @Test
  void theBucketKeepsInputsAsLongAsTheApiSays() throws IOException {
    assertThat(Files.readString(Path.of("terraform/modules/s3/lifecycle.tf")))
        .contains("\"" + JobInput.PREFIX + "\" = " + JobInput.KEPT.toDays());
    assertThat(JobInput.key("t", "i")).startsWith(JobInput.PREFIX);
  }

  @Test
  void aBatchLooksEachInputUpOnceAndNoneOfAJobThatIsRefusedBefore() throws Exception {
    var link = client.post("/inputs", FILE);
    assertThat(put(link)).isEqualTo(200);
    var id = link.text("input_id");
    var results = batch(client, job(id), job(id), job(id), job(Ids.ulid()));
    assertThat(results.findValuesAsText("status"))
        .filteredOn(status -> status.matches("[0-9]+"))
        .startsWith("202", "202", "202")
        .contains("400");
    assertThat(lookups(id)).isEqualTo(1);

    var free = Customer.of(admin, "free").client();
    assertThat(free.post("/jobs", "{\"agent\":\"claude\",\"command\":\"Hi\"}").status())
        .isEqualTo(202);
    await().until(() -> free.post("/jobs", job(Ids.ulid())).status() == 409);
    var unseen = Ids.ulid();
    assertThat(free.post("/jobs", job(unseen)).status()).isEqualTo(409);
    assertThat(batch(free, job(unseen)).at("/data/0/problem/status").asInt()).isEqualTo(409);
    assertThat(lookups(unseen)).isZero();
  }

  @Test
  void severalInputsAreLookedUpAtTheSameTimeButNotAllOfThem() throws Exception {
    var ids = IntStream.range(0, 30).mapToObj(i -> Ids.ulid()).collect(Collectors.toSet());
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    var full = new CountDownLatch(10);
    var sought = new SoughtInputs(ids);
    Function<String, Optional<JobInput>> look =
        id -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          full.countDown();
          try {
            assertThat(full.await(3, TimeUnit.MINUTES)).isTrue();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          running.decrementAndGet();
          return Optional.of(new JobInput(id, "", 5L, ""));
        };
    for (var id : ids) {
      assertThat(sought.get(id, look).orElseThrow().inputId()).isEqualTo(id);
    }
    assertThat(most.get()).isEqualTo(10);
    assertThat(sought.get(Ids.ulid(), look)).isEmpty();
  }

  @Test
  void pathsThatNoFileSystemCouldHoldTogetherAreRefusedBeforeTheJobIsStored() throws Exception {
    var link = client.post("/inputs", FILE);
    assertThat(put(link)).isEqualTo(200);
    var id = link.text("input_id");
    assertThat(refusedPath(id, "a", "b", "a/b")).isEqualTo("inputs[2].path");
    assertThat(refusedPath(id, "x/y/z/file", "x/y")).isEqualTo("inputs[0].path");
    assertThat(refusedPath(id, "same", "same")).isEqualTo("inputs[1].path");
    assertThat(refusedPath(id, "f/" + "é".repeat(128))).isEqualTo("inputs[0].path");
    assertThat(client.post("/jobs", job(id, "a", "ab/c", "a.b/c", "f/" + "é".repeat(127))).status())
        .isEqualTo(202);
  }

  private String refusedPath(String id, String... paths) {
    var refused = client.post("/jobs", job(id, paths));
    assertThat(refused.status()).as(refused.body()).isEqualTo(400);
    return refused.json().at("/errors/0/field").asText();
  }

  @Test
  void aBatchNamesABoundedNumberOfInputs() throws Exception {
    var jobs = new String[11];
    for (int i = 0; i < jobs.length; i++) {
      jobs[i] =
          "{\"agent\":\"claude\",\"command\":\"Hi\",\"inputs\":[%s]}"
              .formatted(
                  IntStream.range(0, 20)
                      .mapToObj(n -> input(Ids.ulid(), "f" + n))
                      .collect(Collectors.joining(",")));
    }
    var refused = client.post("/jobs/batch", body(jobs));
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.json().at("/errors/0/field").asText())
        .isEqualTo("jobs[10].inputs[0].input_id");
    assertThat(refused.json().at("/errors/0/detail").asText()).contains("200");
    assertThat(refused.json().get("data")).isNull();
  }

  private static Client.Answer open(Client client, String key) {
    return client.json("POST", "/inputs", FILE, "Idempotency-Key", key);
  }

  private static String input(String id, String path) {
    return "{\"input_id\":\"%s\",\"path\":\"%s\"}".formatted(id, path);
  }

  private static String job(String id) {
    return job(id, "a");
  }

  private static String job(String id, String... paths) {
    return "{\"agent\":\"claude\",\"command\":\"Hi\",\"inputs\":[%s]}"
        .formatted(Stream.of(paths).map(path -> input(id, path)).collect(Collectors.joining(",")));
  }

  private Client.Answer submit(String id) {
    return client.post("/jobs", job(id));
  }

  private static String body(String... jobs) {
    return "{\"jobs\":[" + String.join(",", jobs) + "]}";
  }

  private static JsonNode batch(Client client, String... jobs) throws Exception {
    var answer = client.post("/jobs/batch", body(jobs));
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    return answer.json();
  }

  /** The number of look-ups at S3, successful or not. */
  private static long lookups(String id) {
    return outpost.context().getBean(AwsCalls.class).asked().stream()
        .filter(HeadObjectRequest.class::isInstance)
        .filter(request -> ((HeadObjectRequest) request).key().endsWith(id))
        .count();
  }

  private int put(Client.Answer link) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(link.text("url")))
            .PUT(HttpRequest.BodyPublishers.ofString("hello"));
    link.json()
        .get("headers")
        .properties()
        .forEach(h -> request.header(h.getKey(), h.getValue().asText()));
    return client.http().send(request.build(), BodyHandlers.discarding()).statusCode();
  }
}
