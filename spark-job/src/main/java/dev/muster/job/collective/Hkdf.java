package dev.muster.job.collective;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Keys from a secret: HKDF with SHA-256 (RFC 5869), for at most 32 bytes of output. */
final class Hkdf {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int HASH_BYTES = 32;

  private Hkdf() {}

  /** A key of even entropy from a secret and a public salt, which may not be empty. */
  static byte[] extract(byte[] salt, byte[] secret) {
    return hmac(salt, secret);
  }

  /** The first block of output, cut to the length. */
  static byte[] expand(byte[] key, byte[] info, int length) {
    if (length > HASH_BYTES) {
      throw new IllegalArgumentException(
          "Cannot derive a key: expected at most %d bytes, found %d".formatted(HASH_BYTES, length));
    }
    byte[] block = Arrays.copyOf(info, info.length + 1);
    block[info.length] = 1;
    return Arrays.copyOf(hmac(key, block), length);
  }

  private static byte[] hmac(byte[] key, byte[] message) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      return mac.doFinal(message);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot derive a key: HmacSHA256 is not there", e);
    }
  }
}
