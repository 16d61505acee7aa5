package io.outpost;

import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.logging.logback.StructuredLogEncoder;
import org.springframework.core.env.Environment;

/**
 * The log's layout: an event is one line including its stack trace, whatever a file name, an agent
 * or an exception contains. Invisible characters, line ends, terminal control characters and
 * bidirectional marks are escaped. Writes JSON if the settings say so. Thread-safe.
 */
public final class OneLineEncoder extends PatternLayoutEncoder {

  /**
   * Loggers with this prefix report failed starts. They may write several lines, because no agent
   * runs yet that could forge lines.
   */
  private static final String START = "org.springframework.boot.diagnostics.";

  private String format = "";
  private @Nullable StructuredLogEncoder structured;

  /** A structured log format of Spring Boot; empty: text. */
  public void setFormat(String format) {
    this.format = format;
  }

  @Override
  public void start() {
    // Null before Spring has read its settings, or when the format is invalid.
    if (!format.isBlank() && getContext().getObject(Environment.class.getName()) != null) {
      var encoder = new StructuredLogEncoder();
      encoder.setContext(getContext());
      encoder.setFormat(format);
      encoder.setCharset(StandardCharsets.UTF_8);
      encoder.start();
      structured = encoder;
    }
    super.start();
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    if (structured != null) {
      return structured.encode(event);
    }
    var text = layout.doLayout(event).stripTrailing();
    var plain =
        event.getLoggerName().startsWith(START)
            ? text.lines().map(OneLineEncoder::escape).collect(Collectors.joining("\n"))
            : escape(text);
    return (plain + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static String escape(String text) {
    if (text.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
      return text;
    }
    var plain = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(c -> append(plain, c));
    return plain.toString();
  }

  private static void append(StringBuilder plain, int c) {
    switch (c) {
      case '\n' -> plain.append("\\n");
      case '\r' -> plain.append("\\r");
      case '\t' -> plain.append("\\t");
      default -> {
        if (isPlain(c)) {
          plain.appendCodePoint(c);
        } else {
          plain.append("\\u{%04x}".formatted(c));
        }
      }
    }
  }

  private static boolean isPlain(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
