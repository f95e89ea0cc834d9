package dev.muster.job.collective;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-256-GCM of one direction of one connection: records in their order, each with a tag of 16
 * bytes. The nonce is the record's number, so none is used twice and a record that is repeated,
 * left out or moved fails its tag. After {@link #RECORDS_PER_KEY} records both sides go on with a
 * key derived from the last one (RFC 8446, sections 5.5 and 7.2, does the same for the same
 * reason). Confined to the wire's thread.
 */
final class RecordCipher {
  static final int TAG_BYTES = 16;

  /** Of 256 KiB at most: 256 GiB, below the limit that RFC 8446 names for AES-GCM. */
  static final long RECORDS_PER_KEY = 1 << 20;

  private static final int NONCE_BYTES = 12;
  private static final byte[] NEXT_KEY = "muster next key".getBytes(StandardCharsets.US_ASCII);

  private final int mode;
  private final Cipher cipher;
  private final long recordsPerKey;
  private final byte[] nonce = new byte[NONCE_BYTES];
  private final ByteBuffer counter = ByteBuffer.wrap(nonce);
  private byte[] key;
  private SecretKeySpec spec;
  private long records;

  private RecordCipher(int mode, byte[] key, long recordsPerKey) {
    this.mode = mode;
    this.key = key.clone();
    this.spec = new SecretKeySpec(this.key, "AES");
    this.recordsPerKey = recordsPerKey;
    try {
      this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot encrypt the exchange: AES-GCM is not there", e);
    }
  }

  static RecordCipher sealing(byte[] key) {
    return sealing(key, RECORDS_PER_KEY);
  }

  static RecordCipher sealing(byte[] key, long recordsPerKey) {
    return new RecordCipher(Cipher.ENCRYPT_MODE, key, recordsPerKey);
  }

  static RecordCipher opening(byte[] key) {
    return opening(key, RECORDS_PER_KEY);
  }

  static RecordCipher opening(byte[] key, long recordsPerKey) {
    return new RecordCipher(Cipher.DECRYPT_MODE, key, recordsPerKey);
  }

  /**
   * Seals or opens the next record, all that remains in {@code from}; its output begins at the
   * position of {@code into}. The buffers do not overlap.
   *
   * @throws AEADBadTagException when the record is not the peer's next one
   */
  void next(ByteBuffer from, ByteBuffer into) throws AEADBadTagException {
    if (records > 0 && records % recordsPerKey == 0) {
      key = Hkdf.expand(key, NEXT_KEY, key.length);
      spec = new SecretKeySpec(key, "AES");
    }
    counter.putLong(NONCE_BYTES - Long.BYTES, records++);
    try {
      cipher.init(mode, spec, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce));
      int unused = cipher.doFinal(from, into);
    } catch (AEADBadTagException e) {
      throw e;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot encrypt the exchange: " + e.getMessage(), e);
    }
  }
}
