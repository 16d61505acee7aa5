package io.outpost.jobs;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/**
 * The beginning of some output as an event can carry it: text, or base64 where it is no UTF-8.
 *
 * @param length how many bytes it stands for; 0: a character that has not come whole yet
 * @param field the event's field that holds it
 */
record OutputText(int length, Map.Entry<String, String> field) {

  /**
   * As much of the bytes as is text; all of them where they do not begin with text.
   *
   * @param last whether no byte may follow them: half a character is then none
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
