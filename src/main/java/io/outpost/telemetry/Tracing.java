package io.outpost.telemetry;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Makes spans and sends them to the collector. Without a collector there are no spans. Thread-safe.
 */
@Component
public class Tracing implements DisposableBean {

  /** The request attribute with the span of a request. */
  public static final String SPAN = "span";

  /**
   * The exchange property that marks routine work, such as renewing a lease. Routine work makes no
   * spans, because a long job would have thousands of them.
   */
  public static final String ROUTINE = "outpostRoutine";

  private final @Nullable SdkTracerProvider spans;

  Tracing(Collector collector, @Value("${outpost.telemetry.traces}") double share) {
    this.spans = collector.of("traces").map(to -> provider(to, share, collector)).orElse(null);
  }

  private static SdkTracerProvider provider(String to, double share, Collector collector) {
    var exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(to)
            .setHeaders(collector::headers)
            .setRetryPolicy(collector.retries())
            .build();
    var guarded = new GuardedSpans(exporter, collector.port());
    return SdkTracerProvider.builder()
        .setSampler(new OurSampling(share))
        .setResource(collector.self())
        .addSpanProcessor(BatchSpanProcessor.builder(guarded).build())
        .build();
  }

  /** Whether spans are made, because there is a collector to send them to. */
  public boolean isOn() {
    return spans != null;
  }

  /**
   * Begins our first span in a trace that a caller names. We decide whether it is sent, so that no
   * caller can make us send everything or nothing.
   *
   * @param parent the caller's W3C trace context; null: the span is the first of its trace
   */
  public Span arrive(String name, SpanKind kind, @Nullable String parent) {
    return begin(
        name, kind, Context.root().with(remote(parent)).with(OurSampling.FROM_OUTSIDE, true));
  }

  /**
   * Begins a span for work that an earlier request caused, such as a job's run.
   *
   * @param parent the W3C trace context that we stored with the work; null: the span is the first
   *     of its trace
   */
  public Span begin(String name, SpanKind kind, @Nullable String parent) {
    return begin(name, kind, Context.root().with(remote(parent)));
  }

  /** Begins a span below another; invalid when the other one is not sent. */
  public Span begin(String name, SpanKind kind, Span parent) {
    return parent.getSpanContext().isSampled()
        ? begin(name, kind, Context.root().with(parent))
        : Span.getInvalid();
  }

  /** Begins a span below the one that this thread works in; invalid when there is none. */
  Span within(String name, SpanKind kind) {
    return isOn() ? begin(name, kind, Flow.span()) : Span.getInvalid();
  }

  private Span begin(String name, SpanKind kind, Context parent) {
    return spans == null
        ? Span.getInvalid()
        : spans.get("outpost").spanBuilder(name).setSpanKind(kind).setParent(parent).startSpan();
  }

  /** The span that a W3C trace context names; invalid for null. */
  public static Span remote(@Nullable String context) {
    return context == null ? Span.getInvalid() : Span.wrap(context(context));
  }

  /**
   * The W3C trace context of a span, for other systems or later work; empty for an invalid span.
   */
  public static Optional<String> context(Span span) {
    var context = span.getSpanContext();
    return context.isValid()
        ? Optional.of(
            "00-%s-%s-%s"
                .formatted(
                    context.getTraceId(), context.getSpanId(), context.getTraceFlags().asHex()))
        : Optional.empty();
  }

  private static SpanContext context(String parent) {
    var parts = parent.split("-");
    return SpanContext.createFromRemoteParent(
        parts[1], parts[2], TraceFlags.fromHex(parts[3], 0), TraceState.getDefault());
  }

  @Override
  public void destroy() {
    if (spans != null) {
      var unused = spans.shutdown().join(5, TimeUnit.SECONDS);
    }
  }
}
