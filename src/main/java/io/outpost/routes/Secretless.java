package io.outpost.routes;

import java.util.regex.Pattern;

/** Removes values that look like secrets from texts before they are shown. */
final class Secretless {

  private static final String HIDDEN = "[hidden]";

  private static final String NAME =
      "[\\w.-]{0,40}(?:password|passphrase|secret|token|api-?key|access-?key|credential|authorization)[\\w-]{0,20}";

  /**
   * One value: quoted, in RAW or plain. Placeholders and expressions do not match, because they
   * contain no secret.
   */
  private static final String VALUE =
      "(?![\"']?(?:\\{\\{|\\$\\{|RAW\\(\\{\\{|true\\b|false\\b|null\\b))"
          + "(?:\"[^\"\\n]{1,500}\"?|'[^'\\n]{1,500}'?|RAW\\([^)\\n]{1,500}\\)?|RAW\\{[^}\\n]{1,500}}?|[^\\n&}]{1,500})";

  /** A value after a name that suggests a secret. */
  private static final Pattern NAMED =
      Pattern.compile("(?i)(" + NAME + "[\"']?\\s{0,5}[:=][ \\t]{0,5}+)" + VALUE);

  /** The value of a step that sets something whose name suggests a secret. */
  private static final Pattern SET =
      Pattern.compile(
          "(?i)(\\bname:\\s{0,5}[\"']?"
              + NAME
              + "[\"']?\\s{0,5},?\\s{0,40}(?:constant|simple|expression):[ \\t]{0,5}+)"
              + VALUE);

  /** Keys with a known prefix, and the user part of an address. */
  private static final Pattern KEYS =
      Pattern.compile(
          "\\b(?:op|sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{4,200}|\\bwhsec_[A-Za-z0-9+/=]{4,200}"
              + "|\\bAKIA[A-Z0-9]{8,40}|\\bsk-[A-Za-z0-9_-]{8,200}|\\bgh[opsur]_[A-Za-z0-9]{8,200}"
              + "|\\bgithub_pat_[A-Za-z0-9_]{8,200}|\\bxox[a-z]-[A-Za-z0-9-]{8,200}"
              + "|\\beyJ[A-Za-z0-9_-]{4,2000}(?:\\.[A-Za-z0-9_-]{1,2000}){0,2}"
              + "|(?<=hooks\\.slack\\.com/services/)[A-Za-z0-9/]{4,200}"
              + "|(?<=://)[^/\\s@]{1,300}(?=@)");

  private Secretless() {}

  static String text(String text) {
    var plain = text;
    for (var pattern : new Pattern[] {SET, NAMED}) {
      plain = pattern.matcher(plain).replaceAll("$1" + HIDDEN);
    }
    return KEYS.matcher(plain).replaceAll(HIDDEN);
  }
}
