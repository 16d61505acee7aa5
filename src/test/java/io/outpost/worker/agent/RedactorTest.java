package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;

/**
 * The redacted output does not depend on how the output is cut into pieces, and contains no secret.
 */
class RedactorTest {

  @Property
  void piecesMakeNoDifference(
      @ForAll @CharRange(from = 'a', to = 'c') @StringLength(max = 60) String text,
      @ForAll @Size(min = 1, max = 3)
          List<@CharRange(from = 'a', to = 'c') @StringLength(min = 2, max = 6) String> secrets,
      @ForAll @IntRange(min = 1, max = 7) int piece)
      throws IOException {
    String redacted = redact(text, secrets, piece);
    assertThat(redacted).isEqualTo(expected(text, secrets));
    assertThat(redacted.split("\\[redacted]"))
        .allSatisfy(rest -> assertThat(secrets).noneMatch(rest::contains));
  }

  /**
   * The rule in its simplest form: at each place the longest secret that begins there is replaced.
   */
  private static String expected(String text, List<String> secrets) {
    StringBuilder result = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      int from = at;
      int length =
          secrets.stream()
              .filter(secret -> text.startsWith(secret, from))
              .mapToInt(String::length)
              .max()
              .orElse(0);
      result.append(length == 0 ? text.substring(at, at + 1) : "[redacted]");
      at += Math.max(1, length);
    }
    return result.toString();
  }

  private static String redact(String text, List<String> secrets, int piece) throws IOException {
    ByteArrayOutputStream sink = new ByteArrayOutputStream();
    Redactor redactor = new Redactor(sink, secrets);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at < bytes.length; at += piece) {
      byte[] part = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + piece));
      redactor.write(part, part.length);
    }
    redactor.finish();
    return sink.toString(StandardCharsets.UTF_8);
  }
}
