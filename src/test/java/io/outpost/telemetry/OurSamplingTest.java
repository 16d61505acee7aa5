package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.mock.env.MockEnvironment;

/** We decide which traces are sent; a caller's headers do not. */
class OurSamplingTest {

  /** Trace ids that sampling by id would always include. */
  private static final String SMALL = "0".repeat(31) + "1";

  private static final String SENT = "00-" + SMALL + "-00f067aa0ba902b7-01";
  private static final String LEFT_OUT = "00-" + SMALL + "-00f067aa0ba902b7-00";

  @Test
  void aCallersFlagAndIdDecideNothing() {
    for (var given : new String[] {SENT, LEFT_OUT, null}) {
      assertThat(decide(0, given, true)).isEqualTo(SamplingDecision.DROP);
      assertThat(decide(1, given, true)).isEqualTo(SamplingDecision.RECORD_AND_SAMPLE);
    }
  }

  @Test
  void aShareOfACallersTracesIsTakenByChance() {
    var sent = 0;
    for (int i = 0; i < 10_000; i++) {
      sent += decide(0.5, SENT, true) == SamplingDecision.DROP ? 0 : 1;
    }
    assertThat(sent).isBetween(4_000, 6_000);
  }

  /** Without a span of the API the worker has only the caller's context, and decides itself. */
  @Test
  void aWorkerWhoseApiMakesNoSpansDoesNotDoAsTheCallerSays() throws Exception {
    try (var collector = new OtlpReceiver()) {
      var none = new Tracing(new Collector(collector.address(), "", "w", new MockEnvironment()), 0);
      var span = none.arrive("run job", SpanKind.CONSUMER, SENT).getSpanContext();
      assertThat(span.isSampled()).isFalse();
      assertThat(span.getTraceId()).as("its trace goes on").isEqualTo(SMALL);
      none.destroy();
    }
  }

  @Test
  void aWorkerDoesAsTheApiDid() {
    for (var share : new double[] {0, 0.5, 1}) {
      assertThat(decide(share, SENT, false)).isEqualTo(SamplingDecision.RECORD_AND_SAMPLE);
      assertThat(decide(share, LEFT_OUT, false)).isEqualTo(SamplingDecision.DROP);
    }
  }

  private static SamplingDecision decide(double share, String parent, boolean fromOutside) {
    var context = Context.root().with(Tracing.remote(parent));
    return new OurSampling(share)
        .shouldSample(
            fromOutside ? context.with(OurSampling.FROM_OUTSIDE, true) : context,
            SMALL,
            "any",
            SpanKind.SERVER,
            Attributes.empty(),
            List.of())
        .getDecision();
  }
}
