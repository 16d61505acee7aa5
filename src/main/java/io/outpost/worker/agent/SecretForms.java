package io.outpost.worker.agent;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The forms in which programs print a secret: as it is, and encoded. Stateless. */
final class SecretForms {

  /** A shorter text would be found in output that has nothing to do with the secret. */
  private static final int SHORTEST = 6;

  private SecretForms() {}

  /** All forms of a secret; empty for a blank one. */
  static Set<String> of(String secret) {
    var raw = secret.strip();
    var forms = new LinkedHashSet<String>();
    if (raw.isEmpty()) {
      return forms;
    }
    var bytes = raw.getBytes(StandardCharsets.UTF_8);
    addHex(bytes, forms);
    addBase64(bytes, forms);
    addUrl(raw, forms);
    addJson(raw, forms);
    forms.removeIf(form -> form.length() < SHORTEST);
    forms.add(raw);
    return forms;
  }

  private static void addHex(byte[] bytes, Set<String> forms) {
    forms.add(HexFormat.of().formatHex(bytes));
    forms.add(HexFormat.of().withUpperCase().formatHex(bytes));
  }

  /** Within a longer text a secret's letters begin at any of three places of a group. */
  private static void addBase64(byte[] bytes, Set<String> forms) {
    for (int before = 0; before < 3; before++) {
      var shifted = new byte[before + bytes.length];
      System.arraycopy(bytes, 0, shifted, before, bytes.length);
      // Letters that also hold bits of what stands before or after are not the secret's own.
      var first = (before * 8 + 5) / 6;
      var last = shifted.length * 8 / 6;
      for (var encoder : Arrays.asList(Base64.getEncoder(), Base64.getUrlEncoder())) {
        forms.add(encoder.encodeToString(shifted).substring(first, last));
      }
    }
  }

  private static void addUrl(String raw, Set<String> forms) {
    var form = URLEncoder.encode(raw, StandardCharsets.UTF_8);
    // Encoders differ in what they leave as it is.
    var uri = form.replace("+", "%20").replace("%7E", "~").replace("*", "%2A");
    for (var encoded :
        List.of(
            form,
            uri,
            uri.replace("%21", "!")
                .replace("%27", "'")
                .replace("%28", "(")
                .replace("%29", ")")
                .replace("%2A", "*"))) {
      forms.add(encoded);
      forms.add(lowerCaseEscapes(encoded));
    }
  }

  private static String lowerCaseEscapes(String encoded) {
    var lower = new StringBuilder(encoded);
    for (int at = encoded.indexOf('%'); at >= 0; at = encoded.indexOf('%', at + 1)) {
      var escape = encoded.substring(at, at + 3).toLowerCase(Locale.ROOT);
      lower.replace(at, at + 3, escape);
    }
    return lower.toString();
  }

  private static void addJson(String raw, Set<String> forms) {
    var json = new String(JsonStringEncoder.getInstance().quoteAsString(raw));
    forms.add(json);
    forms.add(json.replace("/", "\\/"));
    forms.add(ascii(json, "%04x"));
    forms.add(ascii(json, "%04X"));
    forms.add(
        ascii(
            json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"), "%04x"));
  }

  private static String ascii(String json, String digits) {
    var text = new StringBuilder();
    json.chars()
        .forEach(
            c -> {
              if (c < 128) {
                text.append((char) c);
              } else {
                text.append("\\u").append(digits.formatted(c));
              }
            });
    return text.toString();
  }
}
