package dev.muster.trial.data;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A buffered stream that knows how long its file is. What file systems say of the bytes that are
 * available may be none before the end, where gzip's reader would then stop.
 */
final class SizedInputStream extends FilterInputStream {
  private static final int BUFFER_BYTES = 1 << 17;

  private final long length;
  private long position;

  SizedInputStream(InputStream file, long length) {
    super(new BufferedInputStream(file, BUFFER_BYTES));
    this.length = length;
  }

  /** The file's bytes. */
  long length() {
    return length;
  }

  /** The bytes that were read. */
  long position() {
    return position;
  }

  /** The next bytes, fewer at the file's end, which are read again afterwards. */
  byte[] peek(int bytes) throws IOException {
    in.mark(bytes);
    byte[] first = in.readNBytes(bytes);
    in.reset();
    return first;
  }

  @Override
  public int available() {
    return (int) Math.max(0, Math.min(length - position, Integer.MAX_VALUE));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  @Override
  public int read() throws IOException {
    int read = in.read();
    position += read < 0 ? 0 : 1;
    return read;
  }

  @Override
  public int read(byte[] into, int from, int count) throws IOException {
    int read = in.read(into, from, count);
    position += Math.max(0, read);
    return read;
  }

  @Override
  public long skip(long count) throws IOException {
    long skipped = in.skip(count);
    position += skipped;
    return skipped;
  }
}
