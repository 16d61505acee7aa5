package io.outpost.http;

import io.outpost.kernel.Problem;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/** Checks a body's declared format: JSON in UTF-8, without further encoding. Stateless. */
final class JsonMedia {

  private JsonMedia() {}

  /**
   * Refuses a body with any other declared format.
   *
   * @throws Problem 415
   */
  static void require(Call call) {
    var coding = call.header("Content-Encoding").orElse("").strip().toLowerCase(Locale.ROOT);
    if (!coding.isEmpty() && !coding.equals("identity")) {
      throw new Problem(
          Problem.Code.UNSUPPORTED_MEDIA_TYPE,
          "Send the body as it is, without a Content-Encoding.");
    }
    if (call.headers("Content-Type").length > 1
        || !isJson(call.header("Content-Type").orElse(""))) {
      throw new Problem(
          Problem.Code.UNSUPPORTED_MEDIA_TYPE,
          "Send the body as application/json in UTF-8 (Content-Type).");
    }
  }

  /**
   * The text of a body in strict UTF-8 (RFC 3629: no overlong forms, no surrogates), without a byte
   * order mark.
   *
   * @throws Problem 400
   */
  static String text(byte[] body) {
    try {
      var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw Problem.invalid("body", "is not valid UTF-8");
    }
  }

  /**
   * Whether the type is JSON. Parameters other than the charset have no meaning (RFC 8259, section
   * 11).
   */
  private static boolean isJson(String type) {
    try {
      var media = MediaType.parseMediaType(type);
      return media.getType().equals("application")
          && media.getSubtype().equals("json")
          && (media.getCharset() == null || media.getCharset().equals(StandardCharsets.UTF_8));
    } catch (InvalidMediaTypeException e) {
      return false;
    }
  }
}
