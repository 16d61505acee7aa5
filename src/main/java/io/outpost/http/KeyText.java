package io.outpost.http;

import java.util.regex.Pattern;

/** Finds API keys where they do not belong: in a path, a header, a name. */
final class KeyText {

  private static final Pattern KEY = Pattern.compile("op_(live|test)_[0-9a-fA-F]+");

  private KeyText() {}

  /** Whether a text contains a key. */
  static boolean isIn(String text) {
    return text.contains("op_") && KEY.matcher(text).find();
  }

  /** The text with keys replaced. */
  static String hidden(String text) {
    return text.contains("op_") ? KEY.matcher(text).replaceAll("[redacted]") : text;
  }
}
