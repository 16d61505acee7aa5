package io.outpost.telemetry;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/**
 * Makes a span for each call to AWS within a request or a job. The span names the service and the
 * operation, never the content. Stateless.
 */
@Component
class AwsSpans implements ExecutionInterceptor {

  private static final ExecutionAttribute<Span> SPAN = new ExecutionAttribute<>("outpost.span");

  private final Tracing tracing;

  AwsSpans(Tracing tracing) {
    this.tracing = tracing;
  }

  @Override
  public void beforeExecution(Context.BeforeExecution call, ExecutionAttributes attributes) {
    var caller = tracing.isOn() ? Flow.span() : Span.getInvalid();
    if (caller.getSpanContext().isSampled()) {
      var service = attributes.getAttribute(SdkExecutionAttribute.SERVICE_NAME);
      var operation = attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
      attributes.putAttribute(
          SPAN,
          tracing
              .begin(service + "." + operation, SpanKind.CLIENT, caller)
              .setAttribute("rpc.system", "aws-api")
              .setAttribute("rpc.service", service)
              .setAttribute("rpc.method", operation));
    }
  }

  @Override
  public void afterExecution(Context.AfterExecution call, ExecutionAttributes attributes) {
    var span = attributes.getAttribute(SPAN);
    if (span != null) {
      span.setAttribute("http.response.status_code", call.httpResponse().statusCode()).end();
    }
  }

  @Override
  public void onExecutionFailure(Context.FailedExecution call, ExecutionAttributes attributes) {
    var span = attributes.getAttribute(SPAN);
    if (span != null) {
      // The exception's message is left out, because it may quote the content.
      span.setAttribute("error.type", call.exception().getClass().getSimpleName())
          .setStatus(StatusCode.ERROR)
          .end();
    }
  }
}
