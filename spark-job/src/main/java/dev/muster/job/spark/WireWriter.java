package dev.muster.job.spark;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/** Writes the fields of one message. Confined to the thread that encodes. */
final class WireWriter {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
  private final DataOutputStream out = new DataOutputStream(bytes);

  void writeByte(int value) {
    act(() -> out.writeByte(value));
  }

  void writeFlag(boolean value) {
    writeByte(value ? 1 : 0);
  }

  void writeInt(int value) {
    act(() -> out.writeInt(value));
  }

  void writeLong(long value) {
    act(() -> out.writeLong(value));
  }

  void writeText(String text) {
    writeArray(text.getBytes(StandardCharsets.UTF_8), Wire.MAX_TEXT_BYTES, "text");
  }

  void writeBlob(Blob blob) {
    writeArray(blob.bytes(), Wire.MAX_BLOB_BYTES, "payload");
  }

  <T> void writeList(List<T> list, Consumer<T> each) {
    if (list.size() > Wire.MAX_LIST_SIZE) {
      throw new IllegalArgumentException(
          "Cannot encode message: a list has %d entries, the limit is %d"
              .formatted(list.size(), Wire.MAX_LIST_SIZE));
    }
    writeInt(list.size());
    list.forEach(each);
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }

  private void writeArray(byte[] array, int limit, String what) {
    if (array.length > limit) {
      throw new IllegalArgumentException(
          "Cannot encode message: a %s has %d bytes, the limit is %d"
              .formatted(what, array.length, limit));
    }
    writeInt(array.length);
    act(() -> out.write(array));
  }

  private interface Act {
    void run() throws IOException;
  }

  private static void act(Act act) {
    try {
      act.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // cannot happen: the bytes stay in memory
    }
  }
}
