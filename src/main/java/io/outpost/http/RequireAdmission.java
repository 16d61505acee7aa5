package io.outpost.http;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.springframework.stereotype.Component;

/**
 * Runs before the first step of every operation and refuses calls that were not admitted: with a
 * key where the operation needs one, allowed and valid. Stateless.
 */
@Component("requireAdmission")
class RequireAdmission implements Processor {

  /**
   * @throws IllegalStateException when admission was left out or passed by
   */
  @Override
  public void process(Exchange exchange) {
    var call = exchange.getProperty(Call.NAME, Call.class);
    if (call == null || !call.admitted()) {
      throw new IllegalStateException("This request was not admitted: the routes bypass admission");
    }
  }
}
