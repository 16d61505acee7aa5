package io.outpost.http;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.springframework.stereotype.Component;

/**
 * Runs before the first step of every operation, and refuses calls that have not passed admission.
 * This guards against routes that bypass admission. Stateless.
 */
@Component("requireAdmission")
class RequireAdmission implements Processor {

  /**
   * @throws IllegalStateException when the call has not passed every step of admission
   */
  @Override
  public void process(Exchange exchange) {
    var call = exchange.getProperty(Call.NAME, Call.class);
    if (call == null || !call.admitted()) {
      throw new IllegalStateException("This request was not admitted: the routes bypass admission");
    }
  }
}
