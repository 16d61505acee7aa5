package io.outpost.local;

import org.apache.camel.cli.connector.DefaultCliConnectorFactory;
import org.apache.camel.spi.CliConnectorFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Keeps Camel's command line off where it is not wanted: that the connector is on the class path
 * would turn it on, and it looks at every route each second.
 */
@Configuration
class CamelCommand {

  @Bean
  @ConditionalOnProperty(name = "camel.cli.enabled", havingValue = "false")
  CliConnectorFactory cliConnectorFactory() {
    var factory = new DefaultCliConnectorFactory();
    factory.setEnabled(false);
    return factory;
  }
}
