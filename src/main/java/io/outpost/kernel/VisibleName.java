package io.outpost.kernel;

import java.util.Optional;

/**
 * Checks names that people choose: they need at least one visible character, and must not contain
 * characters that control a terminal.
 */
public final class VisibleName {

  /**
   * Invisible characters that Unicode counts as letters or symbols: Hangul fillers and the empty
   * Braille cell.
   */
  private static final String BLANKS = "\u115f\u1160\u3164\uffa0\u2800";

  private VisibleName() {}

  /** What is wrong with a name, worded as a remedy; empty for a valid one. */
  public static Optional<String> fault(String name) {
    if (name.codePoints().anyMatch(VisibleName::isControl)) {
      return Optional.of("must not hold control characters or line breaks");
    }
    return name.codePoints().anyMatch(VisibleName::isVisible)
        ? Optional.empty()
        : Optional.of("must hold at least one visible character");
  }

  /** Whether this is a control character, or a mark that changes the direction of text. */
  private static boolean isControl(int c) {
    return Character.isISOControl(c)
        || c == 0x2028
        || c == 0x2029
        || c >= 0x202a && c <= 0x202e
        || c >= 0x2066 && c <= 0x2069;
  }

  private static boolean isVisible(int c) {
    return switch (Character.getType(c)) {
      case Character.SPACE_SEPARATOR,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.CONTROL,
          Character.FORMAT,
          Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.UNASSIGNED,
          Character.SURROGATE ->
          false;
      default -> BLANKS.indexOf(c) < 0;
    };
  }
}
