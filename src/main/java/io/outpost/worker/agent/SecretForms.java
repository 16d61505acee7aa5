package io.outpost.worker.agent;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.springframework.web.util.HtmlUtils;

/** The forms in which programs print a secret: plain, encoded and quoted. Stateless. */
final class SecretForms {

  /** The minimum length of an encoded form; shorter text would occur in output by chance. */
  private static final int SHORTEST = 6;

  /**
   * The number of bytes that the encoded forms of a job's secrets may have together. Only secrets
   * that are made to have many long forms reach it; then the rarer forms are left out.
   */
  private static final long MOST_BYTES = 16L * 1024 * 1024;

  /** Ways to print a secret, the most usual first. */
  private static final List<Function<String, Stream<String>>> WAYS =
      List.of(
          SecretForms::base64,
          SecretForms::json,
          // The search itself decodes percent escapes. In URLs a space may also be a plus.
          raw -> Stream.of(raw.replace(' ', '+')),
          raw -> hex(raw, ""),
          SecretForms::shell,
          SecretForms::html,
          // As in logs of requests.
          raw -> json(raw).flatMap(SecretForms::json),
          raw -> Stream.of(":", " ", "-", "\\x").flatMap(between -> hex(raw, between)));

  private SecretForms() {}

  /** The distinct forms of the secrets, without line ends. Blank secrets have none. */
  static Collection<byte[]> of(Collection<String> secrets) {
    var raw = secrets.stream().map(String::strip).distinct().toList();
    var forms = new LinkedHashSet<ByteBuffer>();
    raw.forEach(secret -> forms.add(bytes(secret)));
    forms.removeIf(form -> !form.hasRemaining());
    long left = MOST_BYTES;
    for (var way : WAYS) {
      for (var secret : raw) {
        left -= left > 0 ? add(way.apply(secret), forms) : 0;
      }
    }
    return forms.stream().map(ByteBuffer::array).toList();
  }

  /** Adds the forms that are new; returns their size. */
  private static long add(Stream<String> found, Set<ByteBuffer> forms) {
    return found
        .map(SecretForms::bytes)
        .filter(form -> form.remaining() >= SHORTEST && forms.add(form))
        .mapToLong(ByteBuffer::remaining)
        .sum();
  }

  private static ByteBuffer bytes(String form) {
    return ByteBuffer.wrap(form.replaceAll("[\r\n]", "").getBytes(StandardCharsets.UTF_8));
  }

  private static Stream<String> hex(String raw, String between) {
    var hex = HexFormat.ofDelimiter(between);
    return Stream.of(hex, hex.withUpperCase())
        .map(each -> each.formatHex(raw.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Six forms, because a secret inside a longer base64 text may begin at any of three positions of
   * a group, and there are two alphabets.
   */
  private static Stream<String> base64(String raw) {
    var bytes = raw.getBytes(StandardCharsets.UTF_8);
    return IntStream.range(0, 3)
        .boxed()
        .flatMap(
            before -> {
              var shifted = new byte[before + bytes.length];
              System.arraycopy(bytes, 0, shifted, before, bytes.length);
              // Letters that share bits with the text before or after vary, so they are not part
              // of the form.
              var first = (before * 8 + 5) / 6;
              var last = shifted.length * 8 / 6;
              return Stream.of(Base64.getEncoder(), Base64.getUrlEncoder())
                  .map(encoder -> encoder.encodeToString(shifted).substring(first, last));
            });
  }

  /**
   * The forms as a JSON string. Writers escape quotes and backslashes, and differ in other escapes.
   */
  private static Stream<String> json(String raw) {
    var json = new String(JsonStringEncoder.getInstance().quoteAsString(raw));
    return Stream.of("", "/", "<>&", "<>&='", "<>&'\"+")
        .flatMap(
            escaped ->
                Stream.of("%04x", "%04X")
                    .flatMap(
                        digits ->
                            Stream.of(false, true)
                                .map(ascii -> escaped(json, escaped, digits, ascii))))
        .distinct();
  }

  private static String escaped(String json, String escaped, String digits, boolean ascii) {
    var text = new StringBuilder();
    for (var c : json.toCharArray()) {
      if (c == '/' && escaped.equals("/")) {
        text.append("\\/");
      } else if (ascii && c >= 128 || escaped.indexOf(c) >= 0) {
        text.append("\\u").append(digits.formatted((int) c));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  /** As shells and Python quote an argument, and as {@code printf %q} prints it. */
  private static Stream<String> shell(String raw) {
    return Stream.of(
        raw.replace("'", "'\\''"),
        raw.replace("'", "'\"'\"'"),
        raw.replaceAll("[^\\w%+,./:=@-]", "\\\\$0"));
  }

  /** As text of an HTML or XML page; writers differ in quotes. */
  private static Stream<String> html(String raw) {
    var html = HtmlUtils.htmlEscape(raw, "UTF-8");
    return Stream.of("&#39;", "&apos;", "&#x27;")
        .flatMap(
            quote ->
                Stream.of("&quot;", "&#34;")
                    .map(twice -> html.replace("&#39;", quote).replace("&quot;", twice)));
  }
}
