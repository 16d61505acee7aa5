package io.outpost.benchmarks;

import io.outpost.blackbox.Client;
import io.outpost.local.LocalOutpost;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * How long it takes from the answer 202 until the agent's process runs: many tenants send jobs one
 * after another, an agent that only says what time it is runs them, all on the embedded AWS.
 */
final class PickUp {

  private static final int TENANTS = 100;
  private static final int WARM_UP = Integer.getInteger("warm-up", 300);
  private static final int JOBS = Integer.getInteger("jobs", 500);
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

  private PickUp() {}

  private record Accepted(Client client, String job, Instant at) {}

  /** Prints a report in Markdown. */
  public static void main(String[] args) throws IOException {
    var settings =
        Map.<String, Object>of(
            "server.port", 0, "OUTPOST_AGENT_CLAUDE_COMMAND", clock().toString());
    try (var outpost = LocalOutpost.start(Optional.empty(), settings)) {
      var admin = Client.of(outpost.address()).with(outpost.adminKey());
      var tenants =
          IntStream.range(0, TENANTS).mapToObj(i -> admin.newTenant("Bench" + i)).toList();
      var accepted = new ArrayList<Accepted>();
      for (int i = 0; i < WARM_UP + JOBS; i++) {
        var client = tenants.get(i % TENANTS);
        accepted.add(new Accepted(client, client.submit("claude", "time"), Instant.now()));
        LockSupport.parkNanos(PAUSE);
      }
      var waited =
          accepted.stream().skip(WARM_UP).mapToDouble(PickUp::milliseconds).sorted().toArray();
      System.out.printf(
          "%d jobs of %d tenants, one every %d ms: p50 %.1f ms, p99 %.1f ms from the answer to the"
              + " agent's first command.%n",
          JOBS,
          TENANTS,
          TimeUnit.NANOSECONDS.toMillis(PAUSE),
          waited[JOBS / 2],
          waited[JOBS * 99 / 100]);
    }
  }

  /** An agent that prints the time, in seconds with microseconds. */
  private static Path clock() throws IOException {
    var executable = PosixFilePermissions.fromString("rwxr-xr-x");
    var folder = Files.createTempDirectory("outpost-clock");
    Files.setPosixFilePermissions(folder, executable);
    var script = Files.writeString(folder.resolve("clock"), "#!/bin/bash\necho $EPOCHREALTIME\n");
    return Files.setPosixFilePermissions(script, executable);
  }

  private static double milliseconds(Accepted accepted) {
    accepted.client().ended(accepted.job());
    var output = accepted.client().get("/jobs/" + accepted.job() + "/output").body();
    var started = new BigDecimal(output.strip()).multiply(BigDecimal.valueOf(1000));
    var answered =
        BigDecimal.valueOf(
            accepted.at().getEpochSecond() * 1_000_000L + accepted.at().getNano() / 1000, 3);
    return started.subtract(answered).doubleValue();
  }
}
