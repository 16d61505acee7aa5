package io.outpost.routes;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.springframework.stereotype.Component;

/**
 * Prepares the copy of a message for an extension point. The copy has no headers of the flow, and
 * its result never reaches the flow's caller. Stateless.
 */
@Component("besideFlow")
class BesideFlow implements Processor {

  @Override
  public void process(Exchange copy) {
    copy.getMessage().removeHeaders("*");
    copy.setProperty(Interceptions.WATCHING, true);
  }
}
