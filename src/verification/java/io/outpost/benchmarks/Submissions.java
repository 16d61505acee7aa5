package io.outpost.benchmarks;

import static org.awaitility.Awaitility.await;

import io.outpost.Outpost;
import io.outpost.blackbox.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;

/**
 * What accepting a job costs, beside the floor and the prototype's serial calls: all three run at
 * the same time on one canned AWS and are driven in turns, so that the machine's moods hit each.
 */
final class Submissions {

  private static final String KEY = "op_live_00000000000000000000000000000002";
  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";
  private static final int WARM_UP = Integer.getInteger("warm-up", 80_000);
  private static final int REQUESTS = Integer.getInteger("requests", 10_000);
  private static final int ROUNDS = Integer.getInteger("rounds", 5);

  private Submissions() {}

  /** One turn: requests a second, microseconds of CPU a request, milliseconds at the 99th. */
  private record Turn(double perSecond, double cpu, double p99) {}

  /** Prints a report in Markdown. */
  public static void main(String[] args) throws IOException {
    try (var aws = Server.start(CannedAws.class);
        var floor = Server.start(Reference.class, aws.url(), "floor");
        var outpost = outpost(aws, Map.of());
        var untapped = outpost(aws, Map.of("OUTPOST_ROUTES", withoutTap().toString()));
        var serial = Server.start(Reference.class, aws.url(), "serial")) {
      var servers = new LinkedHashMap<String, Server>();
      servers.put("floor", floor);
      servers.put("Outpost", outpost);
      servers.put("Outpost, audit not tapped", untapped);
      servers.put("serial", serial);
      servers.forEach((name, server) -> await(name).until(() -> accepts(server)));
      servers.forEach((name, server) -> jobs(server).run(32, WARM_UP));
      System.out.println("| clients | what | jobs/s | of floor | CPU a job | of floor | p99 |");
      System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
      for (int clients : new int[] {8, 32}) {
        report(clients, turns(servers, clients));
      }
      reportKeys(outpost);
    }
  }

  /** Routes that drop what the audit would take off the path of each call. */
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

  private static Server outpost(Server aws, Map<String, String> more) throws IOException {
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
            Map.entry("OUTPOST_BOOTSTRAP_ADMIN_KEY", "op_live_00000000000000000000000000000001"),
            Map.entry("OUTPOST_RATE_LIMIT_PER_MINUTE", "900000000")));
    return Server.start(port, Outpost.class, List.of(), environment);
  }

  /** It may listen before it has started. */
  private static boolean accepts(Server server) {
    try {
      return jobs(server).run(1, 1).nanos().length == 1;
    } catch (CompletionException e) {
      return false;
    }
  }

  private static Load jobs(Server server) {
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
                .add(new Turn(measured.perSecond(), cpu, measured.percentile(0.99)));
          });
    }
    return turns;
  }

  private static void report(int clients, Map<String, List<Turn>> turns) {
    turns.forEach(
        (name, own) -> {
          var floor = turns.get("floor");
          System.out.printf(
              "| %d | %s | %.0f | %.2f | %.0f µs | %.2f | %.1f ms |%n",
              clients,
              name,
              median(own.stream().mapToDouble(Turn::perSecond).toArray()),
              medianRatio(own, floor, true),
              median(own.stream().mapToDouble(Turn::cpu).toArray()),
              medianRatio(own, floor, false),
              median(own.stream().mapToDouble(Turn::p99).toArray()));
        });
  }

  /** Of the ratios of each round, so that a slow minute of the machine counts on both sides. */
  private static double medianRatio(List<Turn> own, List<Turn> floor, boolean throughput) {
    var ratios = new double[own.size()];
    Arrays.setAll(
        ratios,
        i ->
            throughput
                ? own.get(i).perSecond() / floor.get(i).perSecond()
                : own.get(i).cpu() / floor.get(i).cpu());
    return median(ratios);
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  /** What knowing the caller adds: a request that is authenticated, beside one that is not. */
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
