package io.outpost.benchmarks;

import io.outpost.blackbox.Client;
import io.outpost.local.LocalOutpost;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Measures the time from the answer 202 to the agent's process, by stage: many tenants submit
 * jobs one after another, and the agent only prints the time; on embedded AWS.
 */
final class PickUp {

  private static final int TENANTS = 100;
  private static final int WARM_UP = Integer.getInteger("warm-up", 300);
  private static final int JOBS = Integer.getInteger("jobs", 500);
  private static final String AGENT = "agent";
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

  private PickUp() {}

  /** Descriptions of the stages that end with the recorded steps. */
  private static final Map<String, String> STAGES =
      Map.of(
          "read-message", "answer 202 → message received",
          "claim-job", "job chosen and claimed",
          "restore-files", "start audited, directory made",
          "hear-secret-changes", "changes of secrets heard",
          "start-agent", "keys read, process started");

  private record Accepted(Client client, String job, Instant at) {}

  /** Milliseconds in total and of each stage, by step; the agent's start is last. */
  private record Waited(double whole, Map<String, Double> stages) {}

  /** Prints a report in Markdown. */
  public static void main(String[] args) throws IOException {
    var settings =
        Map.<String, Object>of(
            "server.port",
            0,
            "benchmark.steps",
            true,
            "OUTPOST_AGENT_CLAUDE_COMMAND",
            clock().toString());
    try (var outpost = LocalOutpost.start(Optional.empty(), settings)) {
      var admin = Client.of(outpost.address()).with(outpost.adminKey());
      var steps = outpost.context().getBean(StepTimes.class);
      var tenants =
          IntStream.range(0, TENANTS).mapToObj(i -> admin.newTenant("Bench" + i)).toList();
      var accepted = new ArrayList<Accepted>();
      for (int i = 0; i < WARM_UP + JOBS; i++) {
        var client = tenants.get(i % TENANTS);
        accepted.add(new Accepted(client, client.submit("claude", "time"), Instant.now()));
        LockSupport.parkNanos(PAUSE);
      }
      var waited = accepted.stream().skip(WARM_UP).map(one -> waited(one, steps)).toList();
      System.out.printf(
          "%d jobs of %d tenants, one every %d ms, in milliseconds:%n%n",
          JOBS, TENANTS, TimeUnit.NANOSECONDS.toMillis(PAUSE));
      System.out.println("| from … to | p50 | p90 | p99 |\n| --- | --- | --- | --- |");
      StepTimes.STEPS.forEach(
          step -> print(STAGES.get(step), waited.stream().map(one -> one.stages().get(step))));
      print("the agent's first command", waited.stream().map(one -> one.stages().get(AGENT)));
      draw(waited);
      print("**answer 202 → first command**", waited.stream().map(Waited::whole));
    }
  }

  /** Draws the stages of the median job. */
  private static void draw(List<Waited> waited) {
    var sorted = waited.stream().sorted(Comparator.comparingDouble(Waited::whole)).toList();
    var stages = sorted.get(sorted.size() / 2).stages();
    var bars = new LinkedHashMap<String, Plot.Bar>();
    var at = 0.0;
    for (var step : StepTimes.STEPS) {
      // The worker may receive the message before the client has the answer.
      var end = Math.max(at, at + stages.get(step));
      bars.put(STAGES.get(step), new Plot.Bar(at, end));
      at = end;
    }
    bars.put("the agent's first command", new Plot.Bar(at, at + stages.get(AGENT)));
    Plot.bars("pick-up", "From the answer to the agent, the job at the median", "ms", bars);
  }

  private static void print(String what, Stream<Double> times) {
    var sorted = times.mapToDouble(Double::doubleValue).sorted().toArray();
    System.out.printf(
        "| %s | %.1f | %.1f | %.1f |%n",
        what,
        sorted[sorted.length / 2],
        sorted[sorted.length * 9 / 10],
        sorted[sorted.length * 99 / 100]);
  }

  /** An agent that prints the time, in seconds with microseconds. */
  private static Path clock() throws IOException {
    var executable = PosixFilePermissions.fromString("rwxr-xr-x");
    var folder = Files.createTempDirectory("outpost-clock");
    Files.setPosixFilePermissions(folder, executable);
    var script = Files.writeString(folder.resolve("clock"), "#!/bin/bash\necho $EPOCHREALTIME\n");
    return Files.setPosixFilePermissions(script, executable);
  }

  private static Waited waited(Accepted accepted, StepTimes steps) {
    accepted.client().ended(accepted.job());
    var output = accepted.client().get("/jobs/" + accepted.job() + "/output").body();
    var micros = new BigDecimal(output.strip()).movePointRight(6).longValueExact();
    var first = Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    var stages = new HashMap<String, Double>();
    var noted = steps.of(accepted.job());
    var last = accepted.at();
    for (var step : StepTimes.STEPS) {
      stages.put(step, between(last, noted.get(step)));
      last = noted.get(step);
    }
    stages.put(AGENT, between(last, first));
    return new Waited(between(accepted.at(), first), stages);
  }

  private static double between(Instant from, Instant to) {
    return Duration.between(from, to).toNanos() / 1e6;
  }
}
