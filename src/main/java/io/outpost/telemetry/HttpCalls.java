package io.outpost.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.springframework.stereotype.Component;

/**
 * Counts and times each outgoing HTTP call, and makes a span for it. Metric and span name the
 * called service and the status, never the address or the content. Stateless.
 */
@Component
public class HttpCalls {

  private final MeterRegistry meters;
  private final Tracing tracing;

  HttpCalls(MeterRegistry meters, Tracing tracing) {
    this.meters = meters;
    this.tracing = tracing;
  }

  /**
   * A handler for the chain of an Apache HTTP client. It sees every attempt, including retries.
   *
   * @param peer the called service, a word such as {@code stripe}
   */
  public ExecChainHandler to(String peer) {
    return (request, scope, chain) -> call(peer, request, scope, chain);
  }

  private ClassicHttpResponse call(
      String peer, ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    var began = System.nanoTime();
    var span = tracing.within("call " + peer, SpanKind.CLIENT);
    span.setAttribute("peer.service", peer)
        .setAttribute("http.request.method", request.getMethod());
    var status = "none";
    try {
      var response = chain.proceed(request, scope);
      status = response.getCode() / 100 + "xx";
      span.setAttribute("http.response.status_code", response.getCode());
      return response;
    } catch (IOException | HttpException | RuntimeException e) {
      span.setAttribute("error.type", e.getClass().getSimpleName()).setStatus(StatusCode.ERROR);
      throw e;
    } finally {
      Metric.HTTP_CALLS
          .timer(meters, peer, status)
          .record(System.nanoTime() - began, TimeUnit.NANOSECONDS);
      span.end();
    }
  }
}
