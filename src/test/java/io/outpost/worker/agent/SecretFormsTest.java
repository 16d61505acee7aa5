package io.outpost.worker.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No secret is readable in output, in whichever usual form a program prints it. */
class SecretFormsTest {

  private static final List<String> AROUND = List.of("", "x", "xy", "user:", "\n", "äö");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sk-proj-0123456789",
        "p@ss/w+rd==",
        "quote\"back\\slash",
        "ümläut-sécret",
        "a b c d e f",
        "<tag>&amp;~!*'()",
        "12345678",
        "😀😀secret",
        "100%sure%41",
        "two\nlines\nof a key"
      })
  void noFormIsToBeRead(String secret) throws IOException {
    for (var before : AROUND) {
      for (var after : AROUND) {
        var text = before + secret + after;
        var bytes = text.getBytes(UTF_8);
        isHidden(text, secret, secret);
        isHidden(
            HexFormat.of().formatHex(bytes),
            secret,
            HexFormat.of().formatHex(secret.getBytes(UTF_8)));
        isHidden(
            HexFormat.of().withUpperCase().formatHex(bytes),
            secret,
            HexFormat.of().withUpperCase().formatHex(secret.getBytes(UTF_8)));
        isBase64Hidden(Base64.getEncoder().encodeToString(bytes), secret);
        isBase64Hidden(Base64.getEncoder().withoutPadding().encodeToString(bytes), secret);
        isBase64Hidden(Base64.getUrlEncoder().encodeToString(bytes), secret);
        var url = URLEncoder.encode(text, UTF_8);
        isHidden(url, secret, URLEncoder.encode(secret, UTF_8));
        isHidden(
            url.replace("+", "%20"), secret, URLEncoder.encode(secret, UTF_8).replace("+", "%20"));
        var json = new ObjectMapper();
        var quoted = json.writeValueAsString(secret);
        isHidden(json.writeValueAsString(text), secret, quoted.substring(1, quoted.length() - 1));
      }
    }
  }

  /**
   * The forms of Python's quote, a browser's encodeURI, JSON from PHP and Gson, openssl, HTML and
   * shells.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "p%40ss/w%2Brd%3D%3D = p@ss/w+rd==",
        "p@ss/w+rd== = p@ss/w+rd==",
        "a%20b%20c/d%7Ee! = a b c/d~e!",
        "a+b+c%2fd%7ee%21 = a b c/d~e!",
        "p@ss\\/w+rd\\u00e9 = p@ss/w+rdé",
        "p@ss/w\\u003drd\\u00e9 = p@ss/w=rdé",
        "say \\\\\\\"hi\\\\\\\" now = say \"hi\" now",
        "73:65:63:72:65:74:2d:31 = secret-1",
        "73 65 63 72 65 74 2D 31 = secret-1",
        "\\x73\\x65\\x63\\x72\\x65\\x74\\x2d\\x31 = secret-1",
        "100%25+sure%2525 = 100% sure%25",
        "100%%20sure%25 = 100%%20sure%25",
        "a%2520b%2540c%252fd = a b@c/d",
        "%2b%22c d%22 = b\"c d\"",
        "tom &amp; &lt;jerry&gt; &#39;n&#39; &quot;co&quot; = tom & <jerry> 'n' \"co\"",
        "tom &amp; &lt;jerry&gt; &#x27;n&#x27; &#34;co&#34; = tom & <jerry> 'n' \"co\"",
        "it'\\''s a secret = it's a secret",
        "it'\"'\"'s a secret = it's a secret",
        "it\\'s\\ a\\ \\$ecret = it's a $ecret"
      })
  void noProgramsOwnFormIsToBeRead(String example) throws IOException {
    var parts = example.split(" = ", 2);
    assertThat(redacted("<" + parts[0] + ">", parts[1]))
        .endsWith("[redacted]>")
        .hasSizeLessThan(16);
  }

  /** Programs wrap long lines, wherever the secret stands in them. */
  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n"})
  void aWrappedFormIsNotToBeRead(String end) throws IOException {
    var secret = "sk-ant-api03-" + "0123456789abcdefghijklmnopqrstuvwxyz".repeat(3);
    for (int before = 0; before < 80; before++) {
      var text = ("x".repeat(before) + secret).getBytes(UTF_8);
      var encoded = Base64.getMimeEncoder(76, end.getBytes(UTF_8)).encodeToString(text);
      var rest = redacted(encoded, secret).replace("[redacted]", "").replace(end, "");
      assertThat(rest).hasSizeLessThanOrEqualTo(before * 8 / 6 + 6);
    }
  }

  /** A key of several lines may be printed with other line ends. */
  @ParameterizedTest
  @ValueSource(strings = {"\r\n", "", "\n\n", "\\n", "%0A"})
  void aKeyOfSeveralLinesIsNotToBeRead(String end) throws IOException {
    var key = "-----BEGIN KEY-----\nMC4CAQAwBQYDK2Vw\nBCIEIJ1hsZ3v\n-----END KEY-----\n";
    assertThat(redacted("<" + key.strip().replace("\n", end) + ">", key)).isEqualTo("<[redacted]>");
  }

  /** A large part of a secret is replaced, too. */
  @Test
  void aSecretThatBreaksOffIsNotToBeRead() throws IOException {
    var secret = "0123456789".repeat(20);
    assertThat(redacted("<" + secret.substring(0, 150) + ">", secret)).isEqualTo("<[redacted]>");
    assertThat(redacted("<" + secret.substring(0, 150), secret)).isEqualTo("<[redacted]");
  }

  /** Output and secrets that are made for slow comparisons still take linear time. */
  @ParameterizedTest
  @ValueSource(strings = {"a", "%61", "%2561", "a\n", "%", "a%0A", "%0A", "%25", "\n"})
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void noOutputIsComparedForEver(String printed) throws IOException {
    var secrets = new ArrayList<String>();
    for (int i = 0; i < 100; i++) {
      secrets.add("a".repeat(8_000) + i);
    }
    var sink = new ByteArrayOutputStream();
    var redactor = new Redactor(sink, secrets);
    var bytes = printed.repeat(1_000).getBytes(UTF_8);
    for (int i = 0; i < 200; i++) {
      redactor.write(bytes, bytes.length);
    }
    redactor.finish();
    assertThat(sink.size()).isLessThanOrEqualTo(200 * bytes.length);
  }

  /** Endless line ends after the first letters of a secret are not held in memory. */
  @ParameterizedTest
  @ValueSource(strings = {"\n", "%0A", "%250D"})
  void endlessLineEndsAreNotHeldBack(String printed) throws IOException {
    var sink = new ByteArrayOutputStream();
    var redactor = new Redactor(sink, List.of("sk-proj-0123456789"));
    redactor.write("sk-proj".getBytes(UTF_8), 7);
    var bytes = printed.repeat(1_000).getBytes(UTF_8);
    redactor.write(bytes, bytes.length);
    assertThat(sink.size()).isGreaterThan(bytes.length - 100);
  }

  /** The memory for forms of secrets is bounded, however many long forms they have. */
  @Test
  void secretsOfManyFormsTakeBoundedMemory() {
    var secrets = IntStream.range(0, 100).mapToObj(i -> "<\"&'/\\+=é>".repeat(800) + i).toList();
    var forms = SecretForms.of(secrets);
    assertThat(forms.stream().mapToLong(form -> form.length).sum()).isLessThan(24_000_000);
    assertThat(forms).hasSizeGreaterThan(200);
  }

  private static void isHidden(String printed, String secret, String form) throws IOException {
    assertThat(redacted(printed, secret)).contains("[redacted]").doesNotContain(form);
  }

  /** Checks that no base64 letter that belongs to the secret alone is left. */
  private static void isBase64Hidden(String printed, String secret) throws IOException {
    var rest = redacted(printed, secret);
    assertThat(rest).as(printed).contains("[redacted]");
    assertThat(rest.replace("[redacted]", "").length())
        .isLessThanOrEqualTo(printed.length() - secret.getBytes(UTF_8).length * 8 / 6 + 2);
  }

  private static String redacted(String printed, String secret) throws IOException {
    var sink = new ByteArrayOutputStream();
    var redactor = new Redactor(sink, List.of(secret));
    var bytes = printed.getBytes(UTF_8);
    redactor.write(bytes, bytes.length);
    redactor.finish();
    return sink.toString(UTF_8);
  }
}
