package dev.muster.trial.data;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;
import java.util.zip.ZipException;

/**
 * The records of one TFRecord file, plain or gzip, one at a time. A record is its length (8 bytes,
 * little-endian), the length's checksum (4), the data, the data's checksum (4); both checksums are
 * verified, and no memory is taken for a length before its checksum is right and the bytes are
 * there. Confined to one thread.
 */
final class TfRecordFile implements Closeable {
  private static final int LENGTH_BYTES = 8;
  private static final int CHECKSUM_BYTES = 4;
  private static final int HEADER_BYTES = LENGTH_BYTES + CHECKSUM_BYTES;

  /** A little less than the longest array. */
  private static final int MOST_BYTES = Integer.MAX_VALUE - 64;

  private final String path;
  private final InputStream in;
  private final boolean isGzip;
  private final ByteBuffer frame = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final CRC32C crc = new CRC32C();
  private byte[] data = new byte[1 << 16];
  private int length;
  private long number = -1;
  private long start;
  private long end;

  private TfRecordFile(String path, InputStream in, boolean isGzip) {
    this.path = path;
    this.in = in;
    this.isGzip = isGzip;
  }

  /**
   * Opens a file before its first record.
   *
   * @throws IOException naming the file
   */
  static TfRecordFile open(SourceFiles files, String path) throws IOException {
    try {
      SizedInputStream file = files.open(path);
      try {
        boolean gzip = isGzip(file.peek(HEADER_BYTES));
        return new TfRecordFile(path, gzip ? new WholeGzipInputStream(file) : file, gzip);
      } catch (IOException e) {
        file.close();
        throw e;
      }
    } catch (IOException e) {
      throw caused("Cannot read record 0 of " + path + ": " + e, e);
    }
  }

  /** A record may begin with gzip's magic too, as 35,615 bytes do; its checksum tells. */
  private static boolean isGzip(byte[] first) {
    if (first.length < 2 || first[0] != 0x1f || first[1] != (byte) 0x8b) {
      return false;
    }
    return first.length < HEADER_BYTES
        || ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getInt(LENGTH_BYTES)
            != masked(new CRC32C(), first, LENGTH_BYTES);
  }

  /**
   * Reads the next record; false at the file's end.
   *
   * @throws IOException naming file, record and byte, if the file is cut or has other checksums
   */
  boolean next() throws IOException {
    number++;
    start = end;
    int header = read(frame.array(), 0, HEADER_BYTES);
    if (header == 0) {
      return false;
    }
    expect("header", header, HEADER_BYTES);
    expectChecksum("length", frame.array(), LENGTH_BYTES, frame.getInt(LENGTH_BYTES));
    long announced = frame.getLong(0);
    if (announced < 0 || announced > MOST_BYTES) {
      throw failure(
          "expected at most "
              + MOST_BYTES
              + " bytes, found a length of "
              + Long.toUnsignedString(announced)
              + at());
    }
    readData((int) announced);
    expect("checksum", read(frame.array(), 0, CHECKSUM_BYTES), CHECKSUM_BYTES);
    expectChecksum("data", data, length, frame.getInt(0));
    end = start + HEADER_BYTES + length + CHECKSUM_BYTES;
    return true;
  }

  /** The buffer grows with the bytes that come, not with the length that is said. */
  private void readData(int announced) throws IOException {
    length = 0;
    while (true) {
      int wanted = Math.min(announced, data.length) - length;
      int got = read(data, length, wanted);
      length += got;
      if (got < wanted) {
        expect("data", length, announced);
      }
      if (length == announced) {
        return;
      }
      data = Arrays.copyOf(data, (int) Math.min(announced, 2L * data.length));
    }
  }

  private int read(byte[] into, int from, int count) throws IOException {
    try {
      return in.readNBytes(into, from, count);
    } catch (EOFException e) {
      throw caused(message("its gzip data is truncated" + at() + "; write the file again"), e);
    } catch (ZipException e) {
      throw caused(
          message(
              "its gzip data is corrupt" + at() + ": " + e.getMessage() + "; write the file again"),
          e);
    } catch (IOException e) {
      throw caused(message(e + at()), e);
    }
  }

  private void expect(String part, int found, int expected) throws IOException {
    if (found < expected) {
      throw failure(
          "the file is truncated: expected %d bytes of its %s, found %d%s; write the file again"
              .formatted(expected, part, found, at()));
    }
  }

  private void expectChecksum(String part, byte[] bytes, int count, int expected)
      throws IOException {
    int found = masked(crc, bytes, count);
    if (found != expected) {
      throw failure(
          "the file is corrupt%s: expected the checksum %08x of its %s, found %08x%s; write the file again"
              .formatted(
                  number == 0 && part.equals("length") ? ", or no TFRecord file" : "",
                  expected,
                  part,
                  found,
                  at()));
    }
  }

  private String at() {
    return " (at byte " + start + (isGzip ? ", uncompressed)" : ")");
  }

  /** What is wrong with the record that was read last. */
  IOException failure(String fact) {
    return new IOException(message(fact));
  }

  /** What is wrong with the content of the record that was read last. */
  IOException contentFailure(String fact) {
    return failure(fact + at());
  }

  private String message(String fact) {
    return "Cannot read record " + number + " of " + path + ": " + fact;
  }

  /** Suppressed, as the job's message is that of the last cause, which names no file. */
  private static IOException caused(String message, IOException cause) {
    IOException failure = new IOException(message);
    failure.addSuppressed(cause);
    return failure;
  }

  /** The checksum as it is stored, so that one of data with checksums in it is none of theirs. */
  private static int masked(CRC32C crc, byte[] bytes, int count) {
    crc.reset();
    crc.update(bytes, 0, count);
    int value = (int) crc.getValue();
    return ((value >>> 15) | (value << 17)) + 0xa282ead8;
  }

  /** The buffer whose first {@link #length} bytes are the record; overwritten by the next one. */
  byte[] data() {
    return data;
  }

  /** The record's bytes. */
  int length() {
    return length;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
