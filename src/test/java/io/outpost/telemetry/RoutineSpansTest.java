package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.proto.trace.v1.Span.Event;
import java.util.Map;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.springframework.mock.env.MockEnvironment;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/** Routine work during a job makes no spans; everything else does. */
class RoutineSpansTest {

  private static final int RENEWALS = 40;

  /** The subject of a message, with the trace of its request. */
  private record Job(Span span) implements LogSubject {
    @Override
    public Map<String, String> logFields() {
      return Map.of();
    }
  }

  @Test
  void aLongJobsTraceHasNoSpanOfItsRenewals() throws Exception {
    try (var collector = new OtlpReceiver()) {
      var tracing =
          new Tracing(new Collector(collector.address(), "", "here", new MockEnvironment()), 1);
      var job = new Job(tracing.arrive("run job", SpanKind.CONSUMER, null));
      try (var camel = camel(tracing);
          var send = camel.createProducerTemplate()) {
        send.send("direct:keep-lease", e -> e.setProperty("run", job));
        for (int i = 0; i < RENEWALS; i++) {
          send.send(
              "direct:keep-lease",
              e -> {
                e.setProperty("run", job);
                e.setProperty(Tracing.ROUTINE, true);
              });
        }
      }
      job.span().addEvent("lease not renewed");
      job.span().end();
      tracing.destroy();
      var trace = collector.trace(job.span().getSpanContext().getTraceId());
      assertThat(trace)
          .extracting(io.opentelemetry.proto.trace.v1.Span::getName)
          .containsExactlyInAnyOrder("run job", "keep-lease", "DynamoDb.UpdateItem");
      assertThat(trace)
          .flatExtracting(io.opentelemetry.proto.trace.v1.Span::getEventsList)
          .extracting(Event::getName)
          .containsExactly("lease not renewed");
    }
  }

  /** A context with a route that calls AWS. */
  private static DefaultCamelContext camel(Tracing tracing) throws Exception {
    var camel = new DefaultCamelContext();
    var calls = new AwsSpans(tracing);
    camel.addRoutePolicyFactory(new FlowPolicy(tracing, new SimpleMeterRegistry()));
    camel.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:keep-lease").routeId("keep-lease").process(exchange -> call(calls));
          }
        });
    camel.start();
    return camel;
  }

  /** Makes an AWS call that fails, so that it needs no answer. */
  private static void call(AwsSpans calls) {
    var attributes =
        new ExecutionAttributes()
            .putAttribute(SdkExecutionAttribute.SERVICE_NAME, "DynamoDb")
            .putAttribute(SdkExecutionAttribute.OPERATION_NAME, "UpdateItem");
    calls.beforeExecution(null, attributes);
    calls.onExecutionFailure(new Failed(), attributes);
  }

  private static final class Failed
      implements software.amazon.awssdk.core.interceptor.Context.FailedExecution {
    @Override
    public Throwable exception() {
      return new IllegalStateException();
    }

    @Override
    public software.amazon.awssdk.core.SdkRequest request() {
      throw new UnsupportedOperationException();
    }

    @Override
    public java.util.Optional<software.amazon.awssdk.http.SdkHttpRequest> httpRequest() {
      return java.util.Optional.empty();
    }

    @Override
    public java.util.Optional<software.amazon.awssdk.core.SdkResponse> response() {
      return java.util.Optional.empty();
    }

    @Override
    public java.util.Optional<software.amazon.awssdk.http.SdkHttpResponse> httpResponse() {
      return java.util.Optional.empty();
    }
  }
}
