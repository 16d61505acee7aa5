package io.outpost.http;

import io.outpost.kernel.Problem;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.util.ObjectHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Turns the failure of an operation into its answer. Stateless. */
@Component("problemAnswer")
class ProblemAnswer {

  private static final Logger LOG = LoggerFactory.getLogger(ProblemAnswer.class);

  private final ProblemWriter writer;

  ProblemAnswer(ProblemWriter writer) {
    this.writer = writer;
  }

  /** Answers with a refusal, which a split may have wrapped. */
  public void refuse(
      Exchange exchange, @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception cause) {
    answer(exchange, ObjectHelper.getException(Problem.class, cause));
  }

  /** Answers that a dependency does not respond: nothing was done, and a retry may help. */
  public void unavailable(
      Exchange exchange, @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception cause) {
    LOG.warn("Request {}: a dependency failed: {}", call(exchange).requestId(), cause.toString());
    answer(
        exchange,
        Problem.unavailable(
            "A service that this request needs does not answer; try again shortly."));
  }

  /** Answers that an error of ours occurred. */
  public void fail(
      Exchange exchange, @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception cause) {
    LOG.error("Request {} failed", call(exchange).requestId(), cause);
    answer(
        exchange,
        new Problem(Problem.Code.INTERNAL, "Try again; if it fails again, report the request id."));
  }

  private void answer(Exchange exchange, Problem problem) {
    Map<String, Object> headers = new HashMap<>(problem.headers());
    headers.put(Exchange.HTTP_RESPONSE_CODE, problem.code().status());
    headers.put(Exchange.CONTENT_TYPE, ProblemWriter.MEDIA_TYPE);
    exchange.getMessage().setHeaders(headers);
    exchange.getMessage().setBody(writer.body(problem, call(exchange)));
  }

  private static Call call(Exchange exchange) {
    return exchange.getProperty(Call.NAME, Call.class);
  }
}
