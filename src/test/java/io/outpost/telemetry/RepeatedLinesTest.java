package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.spi.FilterReply;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Repeated warnings and errors become a few lines a minute, with a count of the rest. */
class RepeatedLinesTest {

  private final LoggerContext loggers = new LoggerContext();
  private final RepeatedLines lines = new RepeatedLines();

  @Test
  void aDependencyThatIsDownIsAFewLinesAndACount() {
    var passed = 0;
    for (int i = 0; i < 4670; i++) {
      passed +=
          passes(
                  "io.outpost.Slot",
                  Level.WARN,
                  "Job 01JABCDEFGHJKMNPQRSTVWXY%02d failed: 503".formatted(i % 100))
              ? 1
              : 0;
    }
    assertThat(passed).isEqualTo(RepeatedLines.ALIKE);
    var window = lines.next();
    assertThat(window.dropped()).isEqualTo(4670 - passed);
    assertThat(window.lines()).hasSize(1).first().asString().startsWith("4667 more like: ");
  }

  @Test
  void linesThatNameWordsOfCallersAreBoundedByTheirLogger() {
    var passed = 0;
    for (int i = 0; i < 4670; i++) {
      passed += passes("io.outpost.Route", Level.ERROR, "No " + letters(i)) ? 1 : 0;
    }
    assertThat(passed).isEqualTo(RepeatedLines.OF_ONE_LOGGER);
    var window = lines.next();
    assertThat(window.dropped()).isEqualTo(4670 - passed);
    assertThat(window.lines()).hasSizeLessThanOrEqualTo(RepeatedLines.MOST_SUMMARIES);
  }

  @Test
  void allLoggersTogetherAreBounded() {
    var passed = 0;
    for (int i = 0; i < 4670; i++) {
      passed += passes("io.outpost." + letters(i), Level.ERROR, "down") ? 1 : 0;
    }
    assertThat(passed).isEqualTo(RepeatedLines.MOST);
    assertThat(lines.next().dropped()).isEqualTo(4670 - passed);
  }

  @Test
  void anotherFaultIsHeardAmongTheRepeatedOnes() {
    for (int i = 0; i < 100; i++) {
      var unused = passes("io.outpost.Slot", Level.WARN, "AWS does not answer");
    }
    assertThat(passes("io.outpost.Chain", Level.ERROR, "A block is missing")).isTrue();
  }

  @Test
  void theNextWindowBeginsAnew() {
    for (int i = 0; i < 10; i++) {
      var unused = passes("io.outpost.Slot", Level.WARN, "AWS does not answer");
    }
    assertThat(lines.next().dropped()).isEqualTo(7);
    assertThat(passes("io.outpost.Slot", Level.WARN, "AWS does not answer")).isTrue();
    assertThat(lines.next()).isEqualTo(new RepeatedLines.Window(0, List.of()));
  }

  @Test
  void whatIsNoFailureIsLeftAlone() {
    for (int i = 0; i < 1000; i++) {
      assertThat(passes("io.outpost.job.JobSignals", Level.INFO, "Job claimed")).isTrue();
    }
  }

  /** A repeated save of the same mistake is reported again. */
  @Test
  void anAnswerIsGivenAsOftenAsItIsAskedFor() {
    for (int i = 0; i < RepeatedLines.MOST; i++) {
      var event = event("io.outpost.routes.RoutesReload", Level.ERROR, "What was saved cannot run");
      event.addMarker(LogMarkers.ANSWER);
      assertThat(lines.decide(event)).isNotEqualTo(FilterReply.DENY);
    }
    assertThat(passes("io.outpost.Slot", Level.WARN, "AWS does not answer")).isFalse();
    assertThat(lines.next().dropped()).isOne();
  }

  private boolean passes(String logger, Level level, String message) {
    return lines.decide(event(logger, level, message)) != FilterReply.DENY;
  }

  private LoggingEvent event(String logger, Level level, String message) {
    return new LoggingEvent("", loggers.getLogger(logger), level, message, null, null);
  }

  private static String letters(int number) {
    return Integer.toString(number, 36).replaceAll("\\d", "z") + "x".repeat(number % 97);
  }
}
