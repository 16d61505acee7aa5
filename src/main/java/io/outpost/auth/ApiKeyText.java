package io.outpost.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The text of an API key: {@code op_live_} or {@code op_test_} and 32 lower-case hex digits (128
 * random bits). Never printed: {@link #toString} shows only the mode. Keys are looked up by their
 * hash, so the time of a look-up reveals nothing about them.
 */
final class ApiKeyText {

  private static final Pattern FORMAT = Pattern.compile("op_(live|test)_[0-9a-f]{32}");
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BYTES = 16;

  private final String text;

  private ApiKeyText(String text) {
    this.text = text;
  }

  /** A new key for a mode, {@code live} or {@code test}. */
  static ApiKeyText random(String mode) {
    var bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return new ApiKeyText("op_" + mode + "_" + HexFormat.of().formatHex(bytes));
  }

  /** The key in a text; empty when the text does not have the form of a key. */
  static Optional<ApiKeyText> parse(String text) {
    return FORMAT.matcher(text).matches() ? Optional.of(new ApiKeyText(text)) : Optional.empty();
  }

  /** The SHA-256 in hex, which is stored. */
  String hash() {
    try {
      var digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The text of the key, for the one answer that shows it. */
  String reveal() {
    return text;
  }

  @Override
  public String toString() {
    return text.substring(0, 8) + "…";
  }
}
