package io.outpost.benchmarks;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.Map;

/**
 * Measures whether anything grows while the API accepts fifty jobs a second for half an hour.
 * Each minute it prints the heap after a garbage collection, open files, threads, AWS calls
 * (fewer than before: the audit lags) and latencies from the time each request was due. AWS is
 * canned; no worker runs.
 */
final class Soak {

  private static final int MINUTES = Integer.getInteger("minutes", 30);
  private static final int RATE = Integer.getInteger("rate", 50);
  private static final int WARM_UP = Integer.getInteger("warm-up", 20_000);
  private static final int CLIENTS = 32;
  private static final double MEGABYTE = 1e6;

  private Soak() {}

  /** Prints a report in Markdown. */
  public static void main(String[] args) throws IOException {
    try (var aws = Server.beside(CannedAws.class);
        var outpost = Submissions.outpost(aws, Map.of())) {
      await().atMost(Submissions.LONGEST_START).until(() -> Submissions.accepts(outpost));
      var jobs = Submissions.jobs(outpost);
      var unused = jobs.run(CLIENTS, WARM_UP);
      System.out.printf("%d jobs a second.%n%n", RATE);
      System.out.println(
          "| minute | heap | open files | threads | AWS calls a job | p50 | p99 | greatest |");
      System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
      for (int minute = 1; minute <= MINUTES; minute++) {
        var calls = Submissions.calls(aws);
        var late = jobs.atRate(CLIENTS, RATE, RATE * 60);
        System.out.printf(
            "| %d | %.1f MB | %d | %d | %.2f | %.1f ms | %.1f ms | %.1f ms |%n",
            minute,
            outpost.heap() / MEGABYTE,
            outpost.files(),
            outpost.threads(),
            (Submissions.calls(aws) - calls) / (RATE * 60.0),
            late.getValueAtPercentile(50) / MEGABYTE,
            late.getValueAtPercentile(99) / MEGABYTE,
            late.getMaxValue() / MEGABYTE);
      }
    }
  }
}
