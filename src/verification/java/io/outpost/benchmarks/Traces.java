package io.outpost.benchmarks;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Measures the cost of telemetry: accepting a job without a collector, and with one that gets
 * metrics, the log and a share of all traces. All run at the same time on one canned AWS and are
 * measured in turns; the collector is a separate process that discards its data.
 */
final class Traces {

  private static final String WITHOUT = "no collector";

  private Traces() {}

  /** Prints a report in Markdown. */
  public static void main(String[] args) throws IOException {
    var servers = new LinkedHashMap<String, Server>();
    try (var aws = Server.beside(CannedAws.class);
        var collector = Server.beside(CannedAws.class)) {
      servers.put(WITHOUT, Submissions.outpost(aws, Map.of()));
      servers.put("metrics and log, no traces", watched(aws, collector, "0"));
      servers.put("and 1 % of traces", watched(aws, collector, "0.01"));
      servers.put("and all traces", watched(aws, collector, "1"));
      Submissions.measure(aws, servers, WITHOUT);
    } finally {
      servers.values().forEach(Server::close);
    }
  }

  private static Server watched(Server aws, Server collector, String share) throws IOException {
    return Submissions.outpost(
        aws, Map.of("OUTPOST_OTLP_ENDPOINT", collector.url(), "OUTPOST_TRACES_SHARE", share));
  }
}
