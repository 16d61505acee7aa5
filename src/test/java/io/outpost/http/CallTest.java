package io.outpost.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.outpost.telemetry.Tracing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** Work beside a request continues after the server has recycled the request. */
class CallTest {

  @Test
  void itsSpanIsKnownAfterTheRequestIsGone() {
    var span =
        Span.wrap(
            SpanContext.create(
                "1".repeat(32), "2".repeat(16), TraceFlags.getDefault(), TraceState.getDefault()));
    var request = new Recycled();
    request.setAttribute(Tracing.SPAN, span);
    var call = new Call(request, new MockHttpServletResponse(), new byte[0]);
    request.gone = true;
    assertThat(call.span()).isSameAs(span);
    assertThat(call.logFields()).containsOnlyKeys("request_id");
  }

  @ParameterizedTest
  @CsvSource({
    "text/html, true",
    "'TEXT/HTML, */*', true",
    "'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true",
    "'application/json, text/html;q=0.5', false",
    "text/html;q=0, false",
    "text/htmlx, false",
    "'application/json, text/plain, */*', false",
    "no type, false",
    "'', false"
  })
  void acceptIsReadWithItsQualities(String accept, boolean isPreferred) {
    var request = new MockHttpServletRequest();
    request.addHeader("Accept", accept);
    var call = new Call(request, new MockHttpServletResponse(), new byte[0]);
    assertThat(call.prefers("text/html")).isEqualTo(isPreferred);
  }

  /** Behaves like Tomcat's request facade after the answer was sent: reading an attribute fails. */
  private static final class Recycled extends MockHttpServletRequest {
    private boolean gone;

    @Override
    public Object getAttribute(String name) {
      if (gone) {
        throw new IllegalStateException("The request object has been recycled");
      }
      return super.getAttribute(name);
    }
  }
}
