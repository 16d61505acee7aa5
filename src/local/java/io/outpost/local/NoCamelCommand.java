package io.outpost.local;

import org.apache.camel.cli.connector.DefaultCliConnectorFactory;

/**
 * Replaces the connector of Camel's command line, which a Camel context would start because it is
 * on the class path. The connector reads every route each second, on a thread of its own, even
 * while the context still starts. The setting {@code camel.cli.enabled} enables the connector for
 * one context.
 */
public class NoCamelCommand extends DefaultCliConnectorFactory {

  public NoCamelCommand() {
    setEnabled(false);
  }
}
