package io.outpost.telemetry;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;

/** Exports spans. Drops them while an agent listens at the collector's port. */
record GuardedSpans(SpanExporter exporter, CollectorPort port) implements SpanExporter {

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    return port.isSafe() ? exporter.export(spans) : CompletableResultCode.ofFailure();
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
