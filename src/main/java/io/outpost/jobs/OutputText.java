package io.outpost.jobs;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/**
 * The beginning of some output in the form of an event: text, or base64 when it is not UTF-8.
 *
 * @param length the number of bytes; 0: so far there is only the first part of a character
 * @param field the event's field with the output
 */
record OutputText(int length, Map.Entry<String, String> field) {

  /**
   * The longest prefix that is text; all bytes when they do not begin with text.
   *
   * @param last whether no bytes follow: then an incomplete character does not count as text
   */
  static OutputText of(byte[] bytes, boolean last) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    var in = ByteBuffer.wrap(bytes);
    var out = CharBuffer.allocate(bytes.length);
    var result = decoder.decode(in, out, false);
    var text = in.position();
    if (text > 0) {
      return new OutputText(text, Map.entry("text", out.flip().toString()));
    }
    if (result.isUnderflow() && !last) {
      return new OutputText(0, Map.entry("text", ""));
    }
    return new OutputText(
        bytes.length, Map.entry("base64", Base64.getEncoder().encodeToString(bytes)));
  }
}
