package io.outpost.kernel;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The position at which the next page begins, opaque to the client and valid only for one tenant
 * and query. Binding it prevents mistakes; it protects no data, because a list's tenant never comes
 * from a cursor.
 */
public final class Cursor {

  private static final int MAC = 12;

  private Cursor() {}

  /**
   * A cursor to a position of a query, which {@code scope} names (tenant, operation and filters).
   */
  public static String to(String position, String scope) {
    var bytes = position.getBytes(StandardCharsets.UTF_8);
    var cursor = new byte[MAC + bytes.length];
    System.arraycopy(mac(bytes, scope), 0, cursor, 0, MAC);
    System.arraycopy(bytes, 0, cursor, MAC, bytes.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(cursor);
  }

  /**
   * The position of a cursor.
   *
   * @throws Problem 400 when the cursor was altered or belongs to another query
   */
  public static String open(String cursor, String scope) {
    try {
      var bytes = Base64.getUrlDecoder().decode(cursor);
      if (bytes.length > MAC) {
        var position = new String(bytes, MAC, bytes.length - MAC, StandardCharsets.UTF_8);
        // Compares the encoded cursors, because several base64 texts decode to the same bytes.
        if (MessageDigest.isEqual(ascii(to(position, scope)), ascii(cursor))) {
          return position;
        }
      }
    } catch (IllegalArgumentException e) {
      // Invalid base64 counts as an altered cursor.
    }
    throw Problem.invalid(
        "cursor",
        "is not a cursor of this list: send next_cursor unchanged, with the same filters");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] mac(byte[] position, String scope) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(
          new SecretKeySpec(
              ("outpost cursor " + scope).getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return java.util.Arrays.copyOf(mac.doFinal(position), MAC);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
