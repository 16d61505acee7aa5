package io.outpost.local;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.CliConnector;
import org.junit.jupiter.api.Test;

/** Camel's command line connector is active only when a developer asked for it. */
class NoCamelCommandTest {

  @Test
  void aContextIsNotSeenByCamelsCommandLineUnasked() throws Exception {
    try (var camel = new DefaultCamelContext()) {
      camel.start();
      assertThat(camel.hasService(CliConnector.class)).isNull();
    }
  }
}
