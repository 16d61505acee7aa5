package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.aws.AwsProbe;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Requests that wait for a job's end or follow its output. */
@Tag("product")
@ExtendWith({SharedOutpost.class, OutputCaptureExtension.class})
class LiveOutputTest {

  private final LocalOutpost outpost;
  private final Client admin;
  private final Customer customer;
  private final Client client;

  LiveOutputTest(LocalOutpost outpost) {
    this.outpost = outpost;
    admin = Client.of(outpost.address()).with(outpost.adminKey());
    customer = Customer.of(admin, "pro");
    client = customer.client();
  }

  @Test
  void aWaitIsAnsweredAtTheEndOfTheJob() {
    var job = client.submit("claude", "sleep 1");
    assertThat(client.get("/jobs/" + job + "?wait=25").text("status")).isEqualTo("succeeded");
    assertThat(client.get("/jobs/" + job + "?wait=25").text("status")).isEqualTo("succeeded");
  }

  @Test
  void aWaitThatIsOverShowsTheJobAsItIs() {
    var job = client.submit("claude", "sleep 600");
    assertThat(client.get("/jobs/" + job + "?wait=1").text("status")).isIn("pending", "running");
    client.delete("/jobs/" + job);
    for (var wrong : List.of("26", "-1", "soon", "1.5")) {
      assertThat(client.get("/jobs/" + job + "?wait=" + wrong).problem())
          .isEqualTo("invalid-request");
    }
  }

  @Test
  void operatorsSeeWhichWorkerRunsAJob() {
    var job = client.submit("claude", "sleep 600");
    await().until(() -> admin.get("/admin/jobs/" + job).text("status").equals("running"));
    var name = outpost.context().getEnvironment().getProperty("outpost.worker.name");
    assertThat(admin.get("/admin/jobs/" + job).text("worker"))
        .isEqualTo(name.replaceAll("[^A-Za-z0-9-]", "-"));
    client.delete("/jobs/" + job);
  }

  /** Clients that disconnect, such as sleeping laptops, write nothing to the log. */
  @Test
  void aClientThatLeavesAStreamIsNoFault(CapturedOutput log) throws IOException {
    var job = client.submit("claude", "sleep 600");
    var uri = URI.create(outpost.address());
    var id = "left-" + job;
    try (var socket = new Socket(uri.getHost(), uri.getPort())) {
      socket
          .getOutputStream()
          .write(
              "GET /jobs/%s/events HTTP/1.1\r\nHost: l\r\nX-Request-Id: %s\r\nAuthorization: Bearer %s\r\n\r\n"
                  .formatted(job, id, client.key())
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().read()).isEqualTo('H');
      // Closes the connection with a reset.
      socket.setSoLinger(true, 0);
    }
    client.delete("/jobs/" + job);
    await().until(() -> admin.get(customer.path("/audit?request_id=" + id)).body().contains(id));
    assertThat(log.getAll()).doesNotContain("Failed writing HTTP response", "Connection reset");
  }

  @Test
  void outputIsFollowedToItsEndWithoutAGapOrADouble() {
    var job = client.submit("claude", "print 1k bytes sleep 1 print 1500k bytes sleep 1");
    var followed = new StringBuilder();
    Answer part;
    do {
      var offset = followed.length();
      part = client.get("/jobs/" + job + "/output?wait=25&from=" + offset);
      assertThat(part.status()).as(part.body()).isEqualTo(200);
      followed.append(part.body());
      assertThat(part.header("X-Output-Offset")).isEqualTo(Integer.toString(followed.length()));
    } while (!part.header("X-Output-Complete").equals("true"));
    assertThat(followed).startsWith("demo claude").endsWith("done\n").hasSizeGreaterThan(1_500_000);
    var link = client.get("/jobs/" + job + "/output");
    assertThat(link.status()).isEqualTo(302);
    assertThat(client.with(null).at("").get(link.header("Location")).body())
        .isEqualTo(followed.toString());
  }

  @Test
  void nothingIsAnsweredWhenTheTimeIsOver() {
    var job = client.submit("claude", "sleep 600");
    await().until(() -> !client.get("/jobs/" + job + "/output?wait=5").body().isEmpty());
    var answer = client.get("/jobs/" + job + "/output?from=100000&wait=1");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).isEmpty();
    assertThat(answer.header("X-Output-Offset")).isEqualTo("100000");
    assertThat(answer.header("X-Output-Complete")).isEqualTo("false");
    client.delete("/jobs/" + job);
  }

  @Test
  void rangesOfAnEndedJobsOutput() {
    var job = client.submit("claude", "Say hello");
    client.ended(job);
    var whole = client.get("/jobs/" + job + "/output").body();
    var size = whole.length();
    assertRange(job, "bytes=0-3", whole.substring(0, 4), "bytes 0-3/" + size);
    assertRange(job, "bytes=5-", whole.substring(5), "bytes 5-" + (size - 1) + "/" + size);
    assertRange(
        job,
        "bytes=-6",
        whole.substring(size - 6),
        "bytes %d-%d/%d".formatted(size - 6, size - 1, size));
    assertRange(job, "bytes=0-99999", whole, "bytes 0-%d/%d".formatted(size - 1, size));
    assertRange(job, "bytes=0-" + "9".repeat(30), whole, "bytes 0-%d/%d".formatted(size - 1, size));
    var tag = client.get("/jobs/" + job + "/output").header("ETag");
    assertThat(conditional(job, "If-Range", tag).status()).isEqualTo(206);
    for (var other : List.of("\"another\"", "W/" + tag, "Wed, 21 Oct 2015 07:28:00 GMT")) {
      assertThat(conditional(job, "If-Range", other).body()).as(other).isEqualTo(whole);
    }
    for (var known : List.of(tag, "\"a\", W/" + tag, "*")) {
      var unchanged = conditional(job, "If-None-Match", known);
      assertThat(unchanged.status()).as(known).isEqualTo(304);
      assertThat(unchanged.body()).isEmpty();
      assertThat(unchanged.header("ETag")).isEqualTo(tag);
    }
    var behind = range(job, "bytes=" + size + "-");
    assertThat(behind.status()).isEqualTo(416);
    assertThat(behind.header("Content-Range")).isEqualTo("bytes */" + size);
    for (var ignored : List.of("bytes=3-1", "bytes=0-1,3-4", "lines=0-1", "bytes=-", "bytes=a-b")) {
      assertThat(range(job, ignored).status()).as(ignored).isEqualTo(200);
    }
  }

  /** The number of AWS calls depends on the time, not on the number of waiting clients. */
  @Test
  void manyWhoWaitForAJobLookAtItTogether() {
    var job = client.submit("claude", "sleep 3");
    var reads =
        outpost
            .context()
            .getBean(AwsProbe.class)
            .record(call -> call.service().equals("DynamoDb") && call.mentions(job));
    var answers =
        Stream.generate(
                () ->
                    CompletableFuture.supplyAsync(
                        () -> client.get("/jobs/" + job + "?wait=25"), Thread::startVirtualThread))
            .limit(100)
            .toList();
    assertThat(answers).allSatisfy(a -> assertThat(a.join().text("status")).isEqualTo("succeeded"));
    assertThat(reads).filteredOn(call -> call.operation().equals("GetItem")).hasSize(100);
    assertThat(reads)
        .filteredOn(call -> call.operation().equals("BatchGetItem"))
        .hasSizeLessThan(100);
  }

  @Test
  void aKeyThatIsRevokedHearsNoMore() throws Exception {
    var key = Customer.newKey(admin, customer.tenantId(), "");
    var job = client.submit("claude", "sleep 600");
    try (var reader = EventReader.open(client.with(key.text("key")), job, null)) {
      assertThat(reader.next().name()).isEqualTo("job");
      admin.delete(customer.path("/api-keys/" + key.text("key_id")));
      var rest = CompletableFuture.supplyAsync(() -> drained(reader));
      await().until(rest::isDone);
      assertThat(rest.join()).extracting(EventReader.Event::name).doesNotContain("end");
    }
    client.delete("/jobs/" + job);
  }

  private static List<EventReader.Event> drained(EventReader reader) {
    try {
      return reader.rest();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Client.Answer conditional(String job, String header, String value) {
    return client.json(
        "GET", "/jobs/" + job + "/output", null, "Range", "bytes=0-3", header, value);
  }

  private void assertRange(String job, String asked, String bytes, String place) {
    var answer = range(job, asked);
    assertThat(answer.status()).as(asked).isEqualTo(206);
    assertThat(answer.body()).isEqualTo(bytes);
    assertThat(answer.header("Content-Range")).isEqualTo(place);
  }

  private Answer range(String job, String range) {
    return client.json("GET", "/jobs/" + job + "/output", null, "Range", range);
  }
}
