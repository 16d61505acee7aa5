package io.outpost.worker.files;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Shows a file's name, which consists of bytes, as text. Different names give different texts. */
final class ByteName {

  private ByteName() {}

  /**
   * The name itself when it is UTF-8 without {@code \x}. Otherwise every backslash is doubled, and
   * bytes above 127 that are not UTF-8 become {@code \xNN}.
   */
  static String text(byte[] name) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(name)).toString();
      return text.contains("\\x") ? text.replace("\\", "\\\\") : text;
    } catch (CharacterCodingException e) {
      StringBuilder escaped = new StringBuilder();
      for (byte b : name) {
        if (b < 0) {
          escaped.append("\\x%02x".formatted(b & 0xff));
        } else {
          escaped.append(b == '\\' ? "\\\\" : String.valueOf((char) b));
        }
      }
      return escaped.toString();
    }
  }
}
