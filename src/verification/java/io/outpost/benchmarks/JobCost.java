package io.outpost.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.outpost.benchmarks.CountedUnits.Cost;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * What a job costs in calls to AWS and in DynamoDB's units: one of five minutes whose agent prints
 * a line every two seconds, whose client asks ten times how it is and lists jobs twice, in a
 * workspace, with the settings of production. And what each role costs that has nothing to do.
 * {@code benchmarks/capacity} computes with it; it takes seven minutes, most of them asleep. With
 * {@code -Dwatched=true} the client follows the job's events all the time.
 */
final class JobCost {

  private static final int MINUTES = Integer.getInteger("minutes", 5);
  private static final int ASKED = 10;
  private static final int LISTED = 2;
  private static final Duration IDLE = Duration.ofSeconds(Integer.getInteger("idle", 90));

  /** Whether a client follows the job's events from start to end. */
  private static final boolean WATCHED = Boolean.getBoolean("watched");

  private static final Path RECORD =
      Path.of("benchmarks", "capacity", WATCHED ? "counted-watched.json" : "counted.json");

  private JobCost() {}

  /** Writes the record. */
  public static void main(String[] args) throws IOException {
    try (var aws = EmbeddedAws.start(Optional.empty());
        var api = LocalOutpost.on(aws.endpoints(), "api", settings());
        var worker = LocalOutpost.on(aws.endpoints(), "worker", settings())) {
      var roles = Map.of("api", units(api), "worker", units(worker));
      var admin = Client.of(api.address()).with(api.adminKey());
      var client = Customer.of(admin, "enterprise").client();
      run(client, 0); // loads what a first job loads
      pause(Duration.ofSeconds(20));
      take(roles);
      pause(IDLE);
      var idle = take(roles);
      var began = System.nanoTime();
      run(client, MINUTES * 60);
      pause(Duration.ofSeconds(75)); // its audit is collected for a minute
      var seconds = (System.nanoTime() - began) / 1e9;
      var job = take(roles);
      var record = new LinkedHashMap<String, Object>();
      record.put("minutes", MINUTES);
      record.put("asked", ASKED);
      record.put("listed", LISTED);
      record.put("idle_an_hour", scaled(idle, 3600.0 / IDLE.toSeconds()));
      record.put("job", without(job, scaled(idle, seconds / IDLE.toSeconds())));
      var json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      Files.writeString(RECORD, json.writeValueAsString(record) + "\n");
      System.out.println("Recorded in " + RECORD);
    }
  }

  private static Map<String, Object> settings() throws IOException {
    return Map.of(
        "server.port", 0,
        "outpost.test.units", true,
        // The local start waits less, as its stop has to wait for polls.
        "outpost.worker.wait-seconds", 20,
        "outpost.auth.bootstrap-admin-key", "op_test_0123456789abcdef0123456789abcdef",
        "outpost.notices-topic", "arn:aws:sns:us-east-1:000000000000:outpost-notices-local",
        "OUTPOST_AGENT_CLAUDE_COMMAND", talker().toString());
  }

  private static CountedUnits units(LocalOutpost outpost) {
    return outpost.context().getBean(CountedUnits.class);
  }

  /** Runs a job in a workspace; its client reads it as often as assumed. */
  private static void run(Client client, int seconds) {
    var job =
        client.submit(
            "{\"agent\":\"claude\",\"command\":\"%d\",\"workspace\":\"w\"}".formatted(seconds));
    if (WATCHED) {
      follow(client, job);
    }
    for (int i = 0; i < ASKED; i++) {
      pause(Duration.ofMillis(seconds * 1000L / (ASKED + 1)));
      client.get("/jobs/" + job);
    }
    pause(Duration.ofMillis(seconds * 1000L / (ASKED + 1)).plusSeconds(10));
    client.ended(job);
    for (int i = 0; i < LISTED; i++) {
      client.get("/jobs?limit=50");
    }
    client.get("/jobs/" + job + "/output");
  }

  /** Reads each event of a job, on a thread of its own, until it ends. */
  private static void follow(Client client, String job) {
    var events =
        HttpRequest.newBuilder(URI.create(client.address() + "/jobs/" + job + "/events"))
            .header("Authorization", "Bearer " + client.key())
            .build();
    Thread.ofVirtual()
        .start(
            () ->
                client
                    .http()
                    .sendAsync(events, BodyHandlers.ofLines())
                    .join()
                    .body()
                    .forEach(line -> {}));
  }

  /** An agent that prints a line every two seconds, for the number of seconds in its task. */
  private static Path talker() throws IOException {
    var executable = PosixFilePermissions.fromString("rwxr-xr-x");
    var folder = Files.createTempDirectory("outpost-talker");
    Files.setPosixFilePermissions(folder, executable);
    var script =
        "#!/bin/bash\nread -r seconds\nfor ((i = 0; i < seconds; i += 2)); do echo \"line $i\"; sleep 2; done\n";
    return Files.setPosixFilePermissions(
        Files.writeString(folder.resolve("talker"), script), executable);
  }

  private static void pause(Duration time) {
    var until = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < until) {
      LockSupport.parkNanos(until - System.nanoTime());
    }
  }

  private static Map<String, Map<String, Cost>> take(Map<String, CountedUnits> roles) {
    var taken = new TreeMap<String, Map<String, Cost>>();
    roles.forEach((role, units) -> taken.put(role, units.take()));
    return taken;
  }

  private static Map<String, Map<String, Cost>> scaled(
      Map<String, Map<String, Cost>> costs, double factor) {
    var scaled = new TreeMap<String, Map<String, Cost>>();
    costs.forEach(
        (role, operations) ->
            operations.forEach(
                (name, cost) ->
                    scaled
                        .computeIfAbsent(role, r -> new TreeMap<>())
                        .put(name, cost.times(factor))));
    return scaled;
  }

  /** The costs without the idle part; rounding can make one negative. */
  private static Map<String, Map<String, Cost>> without(
      Map<String, Map<String, Cost>> all, Map<String, Map<String, Cost>> idle) {
    var left = new TreeMap<String, Map<String, Cost>>();
    all.forEach(
        (role, operations) ->
            operations.forEach(
                (name, cost) -> {
                  var own =
                      idle.getOrDefault(role, Map.of()).getOrDefault(name, new Cost(0, 0, 0));
                  var rest = cost.plus(own.times(-1));
                  if (rest.calls() >= 0.5) {
                    left.computeIfAbsent(role, r -> new TreeMap<>())
                        .put(
                            name,
                            new Cost(
                                rest.calls(), Math.max(0, rest.writes()), Math.max(0, rest.reads())));
                  }
                }));
    return left;
  }
}
