package dev.muster.job.runtime;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A TensorBoard event file of scalars: records of TensorFlow's framing (length, masked CRC-32C of
 * it, content, masked CRC-32C of that), each an {@code Event} message. Confined to one thread.
 */
final class EventFile implements AutoCloseable {
  private static final int MASK_DELTA = 0xa282ead8;

  private final OutputStream out;
  private final Clock clock;

  /** A new file in the directory, begun with its version. */
  EventFile(Path directory, Clock clock) throws IOException {
    this.clock = clock;
    this.out =
        Files.newOutputStream(
            directory.resolve("events.out.tfevents." + clock.millis() + ".muster"));
    ByteArrayOutputStream event = event(0);
    text(event, 3, "brain.Event:2");
    write(event);
  }

  /** Adds scalars of a step; on disk when this returns. */
  void add(long step, Map<String, Double> scalars) throws IOException {
    ByteArrayOutputStream summary = new ByteArrayOutputStream();
    scalars.forEach(
        (tag, scalar) -> {
          ByteArrayOutputStream value = new ByteArrayOutputStream();
          text(value, 1, tag);
          value.write(2 << 3 | 5);
          value.writeBytes(little(Float.BYTES).putFloat(scalar.floatValue()).array());
          bytes(summary, 1, value.toByteArray());
        });
    ByteArrayOutputStream event = event(step);
    bytes(event, 5, summary.toByteArray());
    write(event);
  }

  private ByteArrayOutputStream event(long step) {
    ByteArrayOutputStream event = new ByteArrayOutputStream();
    event.write(1 << 3 | 1);
    event.writeBytes(little(Double.BYTES).putDouble(clock.millis() / 1e3).array());
    event.write(2 << 3);
    number(event, step);
    return event;
  }

  private static void text(ByteArrayOutputStream to, int field, String text) {
    bytes(to, field, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void bytes(ByteArrayOutputStream to, int field, byte[] content) {
    to.write(field << 3 | 2);
    number(to, content.length);
    to.writeBytes(content);
  }

  private static void number(ByteArrayOutputStream to, long number) {
    long rest = number;
    while ((rest & ~0x7fL) != 0) {
      to.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    to.write((int) rest);
  }

  private void write(ByteArrayOutputStream event) throws IOException {
    byte[] content = event.toByteArray();
    byte[] length = little(Long.BYTES).putLong(content.length).array();
    out.write(length);
    out.write(little(Integer.BYTES).putInt(masked(length)).array());
    out.write(content);
    out.write(little(Integer.BYTES).putInt(masked(content)).array());
    out.flush();
  }

  private static int masked(byte[] bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, bytes.length);
    int value = (int) checksum.getValue();
    return (value >>> 15 | value << 17) + MASK_DELTA;
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
