package io.outpost.routes;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.springframework.stereotype.Component;

/**
 * Prepares the copy of a message that goes to an extension point: no header of the flow leaves with
 * it, and nothing that happens to it is answered to whoever waits for the flow. Stateless.
 */
@Component("besideFlow")
class BesideFlow implements Processor {

  @Override
  public void process(Exchange copy) {
    copy.getMessage().removeHeaders("*");
    copy.setProperty(Interceptions.WATCHING, true);
  }
}
