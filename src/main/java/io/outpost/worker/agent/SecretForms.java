package io.outpost.worker.agent;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The forms in which programs print a secret: plain and encoded. Stateless. */
final class SecretForms {

  /** The minimum length of a form; shorter text would occur in output by chance. */
  private static final int SHORTEST = 6;

  private SecretForms() {}

  /** All forms of a secret; none for a blank secret. */
  static Set<String> of(String secret) {
    var raw = secret.strip();
    var forms = new LinkedHashSet<String>();
    if (raw.isEmpty()) {
      return forms;
    }
    var bytes = raw.getBytes(StandardCharsets.UTF_8);
    addHex(bytes, forms);
    addBase64(bytes, forms);
    // The search itself decodes percent escapes. In URLs a space may also be a plus.
    forms.add(raw.replace(' ', '+'));
    addJson(raw, forms);
    forms.removeIf(form -> form.length() < SHORTEST);
    forms.add(raw);
    return forms;
  }

  private static void addHex(byte[] bytes, Set<String> forms) {
    for (var between : List.of("", ":", " ", "-", "\\x", "%")) {
      var hex = HexFormat.ofDelimiter(between);
      forms.add(hex.formatHex(bytes));
      forms.add(hex.withUpperCase().formatHex(bytes));
    }
  }

  /**
   * Adds three forms, because a secret inside a longer base64 text may begin at any of three
   * positions of a group.
   */
  private static void addBase64(byte[] bytes, Set<String> forms) {
    for (int before = 0; before < 3; before++) {
      var shifted = new byte[before + bytes.length];
      System.arraycopy(bytes, 0, shifted, before, bytes.length);
      // Letters that share bits with the text before or after vary, so they are not part of the
      // form.
      var first = (before * 8 + 5) / 6;
      var last = shifted.length * 8 / 6;
      for (var encoder : Arrays.asList(Base64.getEncoder(), Base64.getUrlEncoder())) {
        forms.add(encoder.encodeToString(shifted).substring(first, last));
      }
    }
  }

  /** As a JSON string, and as a JSON string within a JSON string, as in logs of requests. */
  private static void addJson(String raw, Set<String> forms) {
    for (var form : jsonForms(raw)) {
      forms.add(form);
      forms.addAll(jsonForms(form));
    }
  }

  /**
   * The forms as a JSON string. Writers escape quotes and backslashes, and differ in other escapes.
   */
  private static Set<String> jsonForms(String raw) {
    var json = new String(JsonStringEncoder.getInstance().quoteAsString(raw));
    var forms = new LinkedHashSet<String>();
    for (var escaped : List.of("", "/", "<>&", "<>&='", "<>&'\"+")) {
      for (var digits : List.of("%04x", "%04X")) {
        forms.add(escaped(json, escaped, digits, false));
        forms.add(escaped(json, escaped, digits, true));
      }
    }
    return forms;
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
}
