package io.outpost.telemetry;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Makes spans and sends them to a collector, where one is set; without one there are no spans.
 * Thread-safe.
 */
@Component
public class Tracing implements DisposableBean {

  /** The request attribute that holds the span of a request. */
  public static final String SPAN = "span";

  private final @Nullable SdkTracerProvider spans;

  Tracing(
      @Value("${outpost.telemetry.otlp-endpoint}") String endpoint,
      @Value("${outpost.telemetry.traces}") double share,
      Environment environment) {
    this.spans = endpoint.isBlank() ? null : provider(endpoint.strip(), share, environment);
  }

  private static SdkTracerProvider provider(
      String endpoint, double share, Environment environment) {
    // By the trace's id, so that API and worker agree whatever the caller's flag says.
    var some = Sampler.traceIdRatioBased(share);
    var sampler =
        Sampler.parentBasedBuilder(some)
            .setRemoteParentSampled(some)
            .setRemoteParentNotSampled(some)
            .build();
    var role = String.join("-", environment.getActiveProfiles());
    var exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(endpoint.replaceFirst("/$", "") + "/v1/traces")
            .build();
    return SdkTracerProvider.builder()
        .setSampler(sampler)
        .setResource(
            Resource.create(
                Attributes.of(AttributeKey.stringKey("service.name"), "outpost-" + role)))
        .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
        .build();
  }

  /** Whether there is anything to make. */
  public boolean isOn() {
    return spans != null;
  }

  /**
   * Begins a span.
   *
   * @param parent the W3C trace context that it belongs to; null: it is the first of its trace
   */
  public Span begin(String name, SpanKind kind, @Nullable String parent) {
    return begin(name, kind, parent == null ? Span.getInvalid() : Span.wrap(context(parent)));
  }

  Span begin(String name, SpanKind kind, Span parent) {
    if (spans == null) {
      return Span.getInvalid();
    }
    return spans
        .get("outpost")
        .spanBuilder(name)
        .setSpanKind(kind)
        .setParent(Context.root().with(parent))
        .startSpan();
  }

  /** The W3C trace context of a span, for what it calls; empty where there is no span. */
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
