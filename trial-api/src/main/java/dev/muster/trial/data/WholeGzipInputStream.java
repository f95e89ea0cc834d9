package dev.muster.trial.data;

import java.io.IOException;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The content of all members of a gzip file. Java's own stream ends where the next member's header
 * is cut or broken, and what follows would be lost without a word; here it is an error.
 */
final class WholeGzipInputStream extends GZIPInputStream {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int TRAILER_BYTES = 8;

  private final SizedInputStream file;
  private long filled;

  WholeGzipInputStream(SizedInputStream file) throws IOException {
    super(file, BUFFER_BYTES);
    this.file = file;
  }

  @Override
  protected void fill() throws IOException {
    super.fill();
    filled = file.position();
  }

  @Override
  public int read(byte[] into, int from, int count) throws IOException {
    int read = super.read(into, from, count);
    if (read < 0) {
      long rest = file.length() - (filled - inf.getRemaining() + TRAILER_BYTES);
      if (rest != 0) {
        throw new ZipException(rest + " bytes after its end are no gzip data");
      }
    }
    return read;
  }
}
