package io.outpost.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Decides which spans are sent. A span that begins a trace, or whose parent comes from a caller, is
 * sent with a fixed probability, whatever the caller's id and flags say. Every other span follows
 * its parent, so that API and worker agree. Stateless.
 *
 * @param share the probability, 0 to 1
 */
record OurSampling(double share) implements Sampler {

  /** Marks the context of a span whose parent comes from a caller. */
  static final ContextKey<Boolean> FROM_OUTSIDE = ContextKey.named("from-outside");

  @Override
  public SamplingResult shouldSample(
      Context parent,
      String traceId,
      String name,
      SpanKind kind,
      Attributes attributes,
      List<LinkData> links) {
    var context = Span.fromContext(parent).getSpanContext();
    var ours = context.isValid() && parent.get(FROM_OUTSIDE) == null;
    var sent = ours ? context.isSampled() : ThreadLocalRandom.current().nextDouble() < share;
    return sent ? SamplingResult.recordAndSample() : SamplingResult.drop();
  }

  @Override
  public String getDescription() {
    return "OurSampling{" + share + "}";
  }
}
