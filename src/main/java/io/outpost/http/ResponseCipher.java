package io.outpost.http;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-256-GCM with a key derived from a value that only the client knows. Immutable, thread-safe.
 */
final class ResponseCipher {

  private static final int NONCE = 12;
  private static final int TAG_BITS = 128;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final SecretKeySpec key;

  private ResponseCipher(SecretKeySpec key) {
    this.key = key;
  }

  /** The cipher for an answer, from the client's Idempotency-Key and the request. */
  static ResponseCipher of(String secret, String context) {
    var digest =
        digest(
            "answer".getBytes(StandardCharsets.UTF_8),
            context.getBytes(StandardCharsets.UTF_8),
            secret.getBytes(StandardCharsets.UTF_8));
    return new ResponseCipher(new SecretKeySpec(digest, "AES"));
  }

  /** SHA-256 of the parts, each followed by its length, in hex. */
  static String hash(byte[]... parts) {
    return HexFormat.of().formatHex(digest(parts));
  }

  byte[] close(byte[] plain) {
    var nonce = new byte[NONCE];
    RANDOM.nextBytes(nonce);
    var closed = run(Cipher.ENCRYPT_MODE, nonce, plain);
    var sealed = Arrays.copyOf(nonce, NONCE + closed.length);
    System.arraycopy(closed, 0, sealed, NONCE, closed.length);
    return sealed;
  }

  byte[] open(byte[] sealed) {
    return run(
        Cipher.DECRYPT_MODE,
        Arrays.copyOf(sealed, NONCE),
        Arrays.copyOfRange(sealed, NONCE, sealed.length));
  }

  private byte[] run(int mode, byte[] nonce, byte[] input) {
    try {
      var cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
      return cipher.doFinal(input);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("The stored answer cannot be opened", e);
    }
  }

  private static byte[] digest(byte[]... parts) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      for (var part : parts) {
        digest.update(part);
        digest.update((byte) 0);
        digest.update(Integer.toString(part.length).getBytes(StandardCharsets.UTF_8));
      }
      return digest.digest();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
