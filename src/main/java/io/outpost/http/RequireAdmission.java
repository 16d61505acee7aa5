package io.outpost.http;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.springframework.stereotype.Component;

/**
 * Stands before the first step of every operation and lets only admitted calls pass: with a key
 * where the operation needs one, allowed and well formed. Stateless.
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
      throw new IllegalStateException("This was not admitted: the routes let it pass admission by");
    }
  }
}
