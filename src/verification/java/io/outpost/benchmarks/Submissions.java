package io.outpost.benchmarks;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.Outpost;
import io.outpost.blackbox.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/**
 * Measures the cost of accepting a job, compared with the floor and the prototype's serial
 * calls. All three run at the same time on one canned AWS and are measured in turns, so that the
 * machine's varying speed affects all.
 */
final class Submissions {

  private static final String KEY = "op_live_00000000000000000000000000000002";
  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";
  private static final boolean QUICK = Boolean.getBoolean("quick");
  private static final int WARM_UP = Integer.getInteger("warm-up", 80_000);
  private static final int WARM_UP_STEP = 5_000;

  /** The JIT compiler counts as done below this share of the process's CPU time. */
  private static final double QUIET_JIT = 0.03;
  private static final int QUIET_STEPS = 3;

  private static final int REQUESTS = Integer.getInteger("requests", QUICK ? 3_000 : 10_000);
  private static final int ROUNDS = Integer.getInteger("rounds", 5);
  static final Duration LONGEST_START = Duration.ofMinutes(2);

  private Submissions() {}

  /**
   * One turn.
   *
   * @param perSecond requests
   * @param cpu microseconds a request
   * @param p99 milliseconds
   * @param nanos of each request, ascending
   */
  private record Turn(double perSecond, double cpu, double p99, long[] nanos) {}

  /** Prints a report in Markdown. */
  public static void main(String[] args) throws IOException {
    var servers = new LinkedHashMap<String, Server>();
    try (var aws = Server.beside(CannedAws.class)) {
      servers.put("floor", Server.start(Reference.class, aws.url(), "floor"));
      servers.put("Outpost", outpost(aws, Map.of()));
      if (!QUICK) {
        servers.put(
            "Outpost, audit not tapped",
            outpost(aws, Map.of("OUTPOST_ROUTES", withoutTap().toString())));
        servers.put("serial", Server.start(Reference.class, aws.url(), "serial"));
      }
      measure(aws, servers, "floor");
      if (!QUICK) {
        reportKeys(servers.get("Outpost"));
      }
    } finally {
      servers.values().forEach(Server::close);
    }
  }

  /** Measures all in turns and prints throughput and cost of each, relative to one of them. */
  static void measure(Server aws, Map<String, Server> servers, String one) {
    servers.forEach(
        (name, server) -> await(name).atMost(LONGEST_START).until(() -> accepts(server)));
    servers.forEach((name, server) -> warm(server));
    System.out.printf("| clients | what | jobs/s | of %1$s | CPU a job | of %1$s | p99 |%n", one);
    System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
    for (int clients : new int[] {8, 32}) {
      var turns = turns(servers, clients);
      report(clients, turns, one);
      draw("%s-%d".formatted(one.replace(' ', '-'), clients), clients, turns);
    }
    reportCounts(aws, servers);
  }

  /**
   * Sends requests until the JIT compiler has been almost idle for several steps in a row,
   * because it may pause before it compiles hot code; at most as many as {@code warm-up}
   * allows.
   */
  private static void warm(Server server) {
    var quiet = 0;
    for (int done = 0; done < WARM_UP && quiet < QUIET_STEPS; done += WARM_UP_STEP) {
      var jit = server.jit();
      var own = server.cpu();
      jobs(server).run(32, WARM_UP_STEP);
      quiet = server.jit() - jit < QUIET_JIT * (server.cpu() - own) ? quiet + 1 : 0;
    }
  }

  /** Routes that drop the audit's tap. */
  private static Path withoutTap() throws IOException {
    var folder = Files.createDirectories(Files.createTempDirectory("routes").resolve("common"));
    Files.writeString(
        folder.resolve("audit.camel.yaml"),
        """
        - route:
            id: record-audit
            description: Drops audit entries, to measure what taking them costs.
            from:
              uri: direct:record-audit
              steps:
                - stop: { id: drop }
        """);
    return folder.getParent();
  }

  /** Starts the API with additional settings. */
  static Server outpost(Server aws, Map<String, String> more) throws IOException {
    var port = Ports.free();
    var environment = new HashMap<>(more);
    environment.putAll(
        Map.ofEntries(
            Map.entry("SERVER_PORT", Integer.toString(port)),
            Map.entry("SPRING_PROFILES_ACTIVE", "api"),
            Map.entry("AWS_REGION", "us-east-1"),
            Map.entry("OUTPOST_ENV", "bench"),
            Map.entry("OUTPOST_AWS_ENDPOINT", aws.url()),
            Map.entry("OUTPOST_AWS_ACCESS_KEY", "bench"),
            Map.entry("OUTPOST_AWS_SECRET_KEY", "bench"),
            Map.entry("OUTPOST_OUTPUT_BUCKET", "outpost-output-bench"),
            Map.entry("OUTPOST_AUDIT_BUCKET", "outpost-audit-bench"),
            Map.entry("OUTPOST_AUDIT_HEAD_BUCKET", "outpost-audit-head-bench"),
            Map.entry(
                "OUTPOST_NOTICES_TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:notices-bench"),
            Map.entry("OUTPOST_BOOTSTRAP_ADMIN_KEY", "op_live_00000000000000000000000000000001"),
            Map.entry("OUTPOST_RATE_LIMIT_PER_MINUTE", "900000000")));
    return Server.start(port, Outpost.class, List.of(), environment);
  }

  /** Whether the API accepts jobs; it may listen before it has started. */
  static boolean accepts(Server server) {
    try {
      return jobs(server).run(1, 1).nanos().length == 1;
    } catch (CompletionException e) {
      return false;
    }
  }

  /** A client of the canned enterprise tenant that submits jobs. */
  static Load jobs(Server server) {
    return new Load(server.port(), "POST", "/jobs", KEY, JOB, 202);
  }

  private static Map<String, List<Turn>> turns(Map<String, Server> servers, int clients) {
    var turns = new LinkedHashMap<String, List<Turn>>();
    for (int round = 0; round < ROUNDS; round++) {
      servers.forEach(
          (name, server) -> {
            var before = server.cpu();
            var measured = jobs(server).run(clients, REQUESTS);
            var cpu = (server.cpu() - before) / REQUESTS * 1e6;
            turns
                .computeIfAbsent(name, n -> new ArrayList<>())
                .add(
                    new Turn(
                        measured.perSecond(), cpu, measured.percentile(0.99), measured.nanos()));
          });
    }
    return turns;
  }

  private static void report(int clients, Map<String, List<Turn>> turns, String one) {
    turns.forEach(
        (name, own) -> {
          var floor = turns.get(one);
          System.out.printf(
              "| %d | %s | %.0f | %s | %.0f µs | %s | %.1f ms |%n",
              clients,
              name,
              median(own.stream().mapToDouble(Turn::perSecond).toArray()),
              ratio(own, floor, true),
              median(own.stream().mapToDouble(Turn::cpu).toArray()),
              ratio(own, floor, false),
              median(own.stream().mapToDouble(Turn::p99).toArray()));
        });
  }

  private static void draw(String file, int clients, Map<String, List<Turn>> turns) {
    var throughput = new LinkedHashMap<String, Plot.Bar>();
    var cpu = new LinkedHashMap<String, Plot.Bar>();
    var nanos = new LinkedHashMap<String, long[]>();
    turns.forEach(
        (name, own) -> {
          throughput.put(
              name,
              new Plot.Bar(0, median(own.stream().mapToDouble(Turn::perSecond).toArray())));
          cpu.put(name, new Plot.Bar(0, median(own.stream().mapToDouble(Turn::cpu).toArray())));
          nanos.put(name, own.getLast().nanos());
        });
    var with = ", %d clients".formatted(clients);
    Plot.bars("throughput-" + file, "Jobs accepted a second" + with, "jobs/s", throughput);
    Plot.bars("cpu-" + file, "Processor time a job" + with, "µs", cpu);
    Plot.shares("latency-" + file, "Answers that took at most so long" + with, nanos);
  }

  /**
   * The median of the rounds' ratios, with minimum and maximum; a slow minute of the machine
   * affects both sides of a ratio.
   */
  private static String ratio(List<Turn> own, List<Turn> floor, boolean throughput) {
    var ratios = new double[own.size()];
    Arrays.setAll(
        ratios,
        i ->
            throughput
                ? own.get(i).perSecond() / floor.get(i).perSecond()
                : own.get(i).cpu() / floor.get(i).cpu());
    Arrays.sort(ratios);
    return "%.2f (%.2f–%.2f)"
        .formatted(ratios[ratios.length / 2], ratios[0], ratios[ratios.length - 1]);
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  /** Prints costs that do not depend on the machine's speed: AWS calls and allocated memory. */
  private static void reportCounts(Server aws, Map<String, Server> servers) {
    System.out.printf("%n| what | AWS calls a job | allocated a job |%n| --- | --- | --- |%n");
    servers.forEach(
        (name, server) -> {
          var calls = calls(aws);
          var allocated = server.allocated();
          jobs(server).run(32, REQUESTS);
          System.out.printf(
              "| %s | %.2f | %.0f KB |%n",
              name,
              (double) (calls(aws) - calls) / REQUESTS,
              (double) (server.allocated() - allocated) / REQUESTS / 1000);
        });
  }

  /** The number of calls that change something; the number of polls depends on the time. */
  static long calls(Server aws) {
    try (var counts = URI.create(aws.url() + "/calls").toURL().openStream()) {
      var json = new ObjectMapper().readTree(counts);
      return Stream.of("TransactWriteItems", "PutItem", "UpdateItem", "SendMessage", "SendMessageBatch")
          .mapToLong(call -> json.path(call).asLong())
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Prints the cost of authentication: a request with a key, compared with one without. */
  private static void reportKeys(Server outpost) {
    var open = new Load(outpost.port(), "GET", "/health", KEY, "", 200);
    var keyed = new Load(outpost.port(), "GET", "/auth/verify", KEY, "", 200);
    open.run(1, WARM_UP / 4);
    keyed.run(1, WARM_UP / 4);
    var without = new double[ROUNDS];
    var with = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      without[round] = open.run(1, REQUESTS).percentile(0.99);
      with[round] = keyed.run(1, REQUESTS).percentile(0.99);
    }
    System.out.printf(
        "%nOne client, p99: %.3f ms without a key (`GET /health`), %.3f ms with a known key (`GET"
            + " /auth/verify`).%n",
        median(without), median(with));
  }
}
