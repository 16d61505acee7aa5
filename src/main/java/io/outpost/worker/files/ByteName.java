package io.outpost.worker.files;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Shows a file's name, which consists of bytes, as text; different names look different. */
final class ByteName {

  private ByteName() {}

  /**
   * The name itself when it is UTF-8; otherwise its bytes above 127 as {@code \xNN}, with every
   * backslash doubled, as in a name that contains {@code \x} itself.
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
