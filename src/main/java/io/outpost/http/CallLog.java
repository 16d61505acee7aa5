package io.outpost.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.outpost.telemetry.Metric;
import io.outpost.telemetry.Tracing;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.AccessLog;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records every call by the web server's access log, which sees each call exactly once, when it is
 * answered, including requests that the server itself refused, such as an invalid request line.
 * Thread-safe.
 */
final class CallLog extends ValveBase implements AccessLog {

  private static final Logger LOG = LoggerFactory.getLogger(CallLog.class);

  private final CallRecorder recorder;
  private final MeterRegistry meters;
  private final Tracing tracing;

  CallLog(CallRecorder recorder, MeterRegistry meters, Tracing tracing) {
    super(true);
    this.recorder = recorder;
    this.meters = meters;
    this.tracing = tracing;
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    if (tracing.isOn()) {
      var parent = Call.traceParent(request).orElse(null);
      request.setAttribute(Tracing.SPAN, tracing.arrive("HTTP", SpanKind.SERVER, parent));
    }
    getNext().invoke(request, response);
  }

  @Override
  public void log(Request request, Response response, long nanoseconds) {
    if (request.getAttribute(HeldBodies.NAME) instanceof HeldBodies.Share share) {
      share.close();
    }
    if (request.getAttribute(Call.NAME) instanceof Call call) {
      recorder.record(call, response.getStatus());
      var status = call.decided().orElse(response.getStatus());
      tell(call, status, nanoseconds);
      end(request, call.hasOperation() ? call.operation() : null, status);
    } else {
      recorder.record(request, response);
      count("unknown", response.getStatus(), nanoseconds);
      end(request, null, response.getStatus());
    }
  }

  /**
   * Ends the call's span. A path outside the contract is text from the caller, so it does not
   * become the span's name.
   */
  private static void end(Request request, @Nullable Operation operation, int status) {
    if (request.getAttribute(Tracing.SPAN) instanceof Span span) {
      if (operation != null) {
        span.updateName(operation.method() + " " + operation.path())
            .setAttribute("http.request.method", operation.method())
            .setAttribute("http.route", operation.path())
            .setAttribute("outpost.operation", operation.id());
      }
      if (status >= 500) {
        span.setStatus(StatusCode.ERROR);
      }
      span.setAttribute("http.response.status_code", status).end();
    }
  }

  private void tell(Call call, int status, long nanoseconds) {
    var operation = call.hasOperation() ? call.operation().id() : "unknown";
    count(operation, status, nanoseconds);
    if (status >= 500) {
      LOG.atWarn()
          .addKeyValue("request_id", call.requestId())
          .addKeyValue("tenant_id", call.tenant())
          .addKeyValue("operation", operation)
          .addKeyValue("status", status)
          .log("Call of {} failed with {}", operation, status);
    }
  }

  private void count(String operation, int status, long nanoseconds) {
    Metric.HTTP_REQUESTS
        .timer(meters, operation, Integer.toString(status))
        .record(nanoseconds, TimeUnit.NANOSECONDS);
  }

  @Override
  public void setRequestAttributesEnabled(boolean enabled) {
    throw new UnsupportedOperationException("Addresses behind a trusted proxy are always used");
  }

  @Override
  public boolean getRequestAttributesEnabled() {
    return true;
  }
}
