package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.event.KeyValuePair;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.io.ClassPathResource;

/** What somebody else wrote cannot look like a line of ours, nor write to the reader's terminal. */
class LogPatternTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"a\nb", "a\rb", "a\u001b[2Jb", "a\u0000b", "a\u0085b", "a\u202eb", "a\u2028b"})
  void aMessageIsOneLineOfPlainCharacters(String hostile) throws Exception {
    assertThat(line(hostile, null)).contains("a?").endsWith(System.lineSeparator());
    assertThat(line(hostile, null).strip())
        .doesNotContainPattern("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u202e]");
  }

  @Test
  void valuesBesideTheMessageAreTheSame() throws Exception {
    assertThat(line("Job claimed", new KeyValuePair("job_id", "a\nb")).strip())
        .contains("job_id=\"a?b\"")
        .doesNotContain("\n");
  }

  private static String line(String message, KeyValuePair pair) throws Exception {
    var settings =
        new YamlPropertySourceLoader()
            .load("settings", new ClassPathResource("application.yaml"))
            .getFirst();
    var loggers = new LoggerContext();
    var layout = new PatternLayout();
    layout.setContext(loggers);
    layout.setPattern((String) settings.getProperty("logging.pattern.console"));
    layout.start();
    var event =
        new LoggingEvent("", loggers.getLogger("io.outpost"), Level.INFO, message, null, null);
    if (pair != null) {
      event.setKeyValuePairs(List.of(pair));
    }
    return layout.doLayout(event);
  }
}
