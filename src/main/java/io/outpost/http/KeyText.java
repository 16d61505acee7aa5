package io.outpost.http;

import java.util.regex.Pattern;

/** Finds API keys in places where they do not belong: a path, a header, a name. */
final class KeyText {

  private static final Pattern KEY = Pattern.compile("op_(live|test)_[0-9a-fA-F]+");

  private KeyText() {}

  /** Whether a text contains a key. */
  static boolean isIn(String text) {
    return text.contains("op_") && KEY.matcher(text).find();
  }

  /** The text without keys. */
  static String hidden(String text) {
    return text.contains("op_") ? KEY.matcher(text).replaceAll("[redacted]") : text;
  }
}
