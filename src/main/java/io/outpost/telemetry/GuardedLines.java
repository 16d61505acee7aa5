package io.outpost.telemetry;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import java.util.Collection;

/** Exports log lines. Drops them while an agent listens at the collector's port. */
record GuardedLines(LogRecordExporter exporter, CollectorPort port) implements LogRecordExporter {

  @Override
  public CompletableResultCode export(Collection<LogRecordData> lines) {
    return port.isSafe() ? exporter.export(lines) : CompletableResultCode.ofFailure();
  }

  @Override
  public CompletableResultCode flush() {
    return exporter.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return exporter.shutdown();
  }
}
