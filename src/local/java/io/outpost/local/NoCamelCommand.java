package io.outpost.local;

import org.apache.camel.cli.connector.DefaultCliConnectorFactory;

/**
 * What a Camel context finds instead of the connector of Camel's command line, which it would start
 * because it is on the class path: it looks at every route each second, from a thread of its own
 * while the context still starts. {@code camel.cli.enabled} brings it back for one context.
 */
public class NoCamelCommand extends DefaultCliConnectorFactory {

  public NoCamelCommand() {
    setEnabled(false);
  }
}
