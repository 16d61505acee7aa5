package io.outpost.routes;

import java.util.regex.Pattern;

/** Texts that are shown: what looks like a secret in them is not. */
final class Secretless {

  private static final String HIDDEN = "[hidden]";

  /** A value beside a name that says so; a placeholder or an expression is none. */
  private static final Pattern NAMED =
      Pattern.compile(
          "(?i)([a-z0-9_.-]{0,40}(?:password|passphrase|secret|token|api-?key|access-?key|credential|authorization)"
              + "[a-z0-9_-]{0,20}[\"']?\\s{0,5}[:=]\\s{0,5}[\"']?)(?![\"']?(?:\\{\\{|\\$\\{|RAW\\(\\{\\{))([^\\s\"'&,}]{1,500})");

  /** Keys that say of themselves what they are, and names and passwords in an address. */
  private static final Pattern KEYS =
      Pattern.compile(
          "\\b(?:op|sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{4,200}|\\bwhsec_[A-Za-z0-9+/=]{4,200}"
              + "|\\bAKIA[A-Z0-9]{8,40}|(?<=://)[^/\\s@:]{1,100}:[^/\\s@]{1,200}(?=@)");

  private Secretless() {}

  static String text(String text) {
    return KEYS.matcher(NAMED.matcher(text).replaceAll("$1" + HIDDEN)).replaceAll(HIDDEN);
  }
}
