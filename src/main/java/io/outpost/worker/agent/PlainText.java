package io.outpost.worker.agent;

/** Escapes text from an agent, such as a file name, for log lines and messages. */
public final class PlainText {

  private PlainText() {}

  /** As one line: everything except printable ASCII is escaped. */
  public static String line(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    text.chars()
        .forEach(
            c -> {
              if (c >= ' ' && c < 0x7f) {
                plain.append((char) c);
              } else {
                plain.append("\\u%04x".formatted(c));
              }
            });
    return plain.toString();
  }

  /** As several lines: line ends are kept, otherwise only printable ASCII. */
  static String lines(String text) {
    return text.lines().map(PlainText::line).collect(java.util.stream.Collectors.joining("\n"));
  }
}
