package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.http.Calls;
import io.outpost.job.Job;
import io.outpost.job.JobOutput;
import io.outpost.jobs.JobEvents;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.tenant.Tier;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * The event stream of a job that is retried or moves to another worker has every run from beginning
 * to end, wherever the stream was interrupted.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P24MovedJobTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final JobBench bench;
  private final String key;

  P24MovedJobTest(LocalOutpost outpost) {
    bench = new JobBench(outpost, Tier.ENTERPRISE);
    key = "Bearer " + outpost.adminKey();
  }

  private record Told(String id, String what) {}

  @Test
  void everyAttemptIsToldFromItsBeginningToItsEnd() throws Exception {
    var job = bench.submit();
    var told = new ArrayList<Told>();
    listen(job, told, 1);

    var first = bench.deliver(job);
    print(first.run().job(), "one ", false);
    listen(job, told, 2);
    print(first.run().job(), "one two ", false);
    first.fail();
    listen(job, told, 2);

    var second = bench.deliver(job);
    print(second.run().job(), "three", true);
    second.fail();
    var third = bench.deliver(job);
    print(third.run().job(), "four", false);
    listen(job, told, 3);

    assertThat(told)
        .extracting(Told::what)
        .containsExactly(
            "pending 0",
            "running 1",
            "1@0 one ",
            "1@4 two ",
            "pending 1",
            "2@0 three",
            "running 3",
            "3@0 four");
  }

  @Test
  void whatARunPrintedThatWasHandedBackIsNotTakenForTheNextOne() throws Exception {
    var job = bench.submit();
    var told = new ArrayList<Told>();
    var first = bench.deliver(job);
    print(first.run().job(), "before", true);
    listen(job, told, 2);
    first.handBack();
    var second = bench.deliver(job);
    listen(job, told, 1);
    print(second.run().job(), "after it", false);
    listen(job, told, 1);
    assertThat(told)
        .extracting(Told::what)
        .containsExactly("running 1", "1@0 before", "running 1", "1@0 after it");
  }

  /**
   * Reads the given number of events, each with a new connection that resumes after the last event.
   */
  private void listen(Job job, List<Told> told, int events) throws Exception {
    for (int i = 0; i < events; i++) {
      var last = told.isEmpty() ? "" : told.getLast().id();
      var exchange = new DefaultExchange(bench.bean(CamelContext.class));
      Call call = Calls.of(Map.of("Last-Event-ID", last, "Authorization", key));
      bench.bean(JobEvents.class).open(bench.read(job), call, exchange);
      try (var stream = exchange.getMessage().getBody(InputStream.class)) {
        told.add(next(stream));
      }
    }
  }

  private static Told next(InputStream stream) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
    String id = null;
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.startsWith("data: ")) {
        return new Told(id, what(JSON.readTree(line.substring(6))));
      }
    }
    throw new AssertionError("The stream ended");
  }

  private static String what(JsonNode data) {
    return data.has("offset")
        ? "%d@%d %s"
            .formatted(
                data.get("attempt").asInt(), data.get("offset").asInt(), data.get("text").asText())
        : data.get("status").asText() + " " + data.get("attempts").asInt();
  }

  /** Stores output as the worker of a run does. */
  private void print(Job run, String output, boolean ended) {
    bench
        .bean(S3Client.class)
        .putObject(
            p ->
                p.bucket(bench.bean(Names.class).bucket("output"))
                    .key(JobOutput.key(run))
                    .metadata(
                        Map.of(
                            JobOutput.RUN,
                            JobOutput.run(run),
                            JobOutput.ENDED,
                            Boolean.toString(ended))),
            RequestBody.fromString(output));
  }
}
