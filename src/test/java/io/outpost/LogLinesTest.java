package io.outpost;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * Nobody forges the log by a file name or an agent's text: one event is one line, and what a
 * terminal would obey is escaped. Through the files that configure the log of a container and of
 * the local start.
 */
@ExtendWith(OutputCaptureExtension.class)
class LogLinesTest {

  private static final String FORGED =
      "2026-11-29T00:00:00.000Z  INFO 1 --- [main] o.Forged : granted";

  /** Ends of lines by any reader's rules, and what moves or hides text. */
  private static final List<String> HOSTILE =
      List.of(
          "\n",
          "\r",
          "\r\n",
          "\u000b",
          "\f",
          "\u0085",
          "\u2028",
          "\u2029",
          "\u0000",
          "\b",
          "\u001b[2J",
          "\u001b]0;title\u0007",
          "\u009b2J",
          "\u007f",
          "\u202e",
          "\u2066",
          "\u200f",
          "\u061c",
          "\ufeff",
          "\ud800",
          "\udb40\udc01");

  @ParameterizedTest
  @ValueSource(strings = {"logback.xml", "logback-test.xml"})
  void everyEventIsOneLineOfVisibleText(String configuration, CapturedOutput output)
      throws Exception {
    var context = new LoggerContext();
    var events = 0;
    var from = output.getOut().length();
    try {
      configure(context, configuration);
      var log = context.getLogger("io.outpost.worker");
      for (var text : HOSTILE) {
        var name = "a" + text + FORGED + text;
        log.info("Artifact {}", name);
        log.error("Broken " + name, new IllegalStateException(name, new Exception("why" + name)));
        var suppressing = new IllegalStateException("outer");
        suppressing.addSuppressed(new Exception(name));
        log.warn("Failed", suppressing);
        events += 3;
      }
    } finally {
      context.stop();
    }
    var written = output.getOut().substring(from);
    assertThat(written).endsWith("\n");
    assertThat(
            written
                .substring(0, written.length() - 1)
                .split("[\\n\\r\\u000b\\f\\u0085\\u2028\\u2029]"))
        .hasSize(events)
        .allSatisfy(
            line -> assertThat(line).matches("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+\\S+ +[A-Z]+ .*"));
    assertThat(written.chars().filter(c -> c != '\n').filter(LogLinesTest::isHostile)).isEmpty();
    assertThat(written)
        .contains("\\n" + FORGED, "\\u{202e}", "\\u{001b}[2J", "\\n\\tat io.outpost");
  }

  @Test
  void whatCanBeReadStaysAsItIs(CapturedOutput output) throws Exception {
    var context = new LoggerContext();
    try {
      configure(context, "logback.xml");
      context.getLogger("io.outpost").info("Größe 3 €, 日本語, 🚀");
    } finally {
      context.stop();
    }
    assertThat(output.getOut()).contains(": Größe 3 €, 日本語, 🚀\n");
  }

  private static void configure(LoggerContext context, String file) throws Exception {
    context.setMDCAdapter(new LogbackMDCAdapter());
    var configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(LogLinesTest.class.getResource("/" + file));
  }

  private static boolean isHostile(int c) {
    var kind = Character.getType(c);
    return kind == Character.CONTROL
        || kind == Character.FORMAT
        || kind == Character.LINE_SEPARATOR
        || kind == Character.PARAGRAPH_SEPARATOR;
  }
}
