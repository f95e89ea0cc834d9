package dev.muster.job.spark;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;

/** Writes TFRecord files and Examples byte by byte, as their specifications have them. */
final class TfRecordFiles {
  private TfRecordFiles() {}

  /** The frames of records. */
  static byte[] framed(byte[]... records) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] record : records) {
      byte[] length = little(8).putLong(record.length).array();
      out.writeBytes(length);
      out.writeBytes(checksum(length));
      out.writeBytes(record);
      out.writeBytes(checksum(record));
    }
    return out.toByteArray();
  }

  static byte[] checksum(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    int value = (int) crc.getValue();
    return little(4).putInt(((value >>> 15) | (value << 17)) + 0xa282ead8).array();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  static String write(Path file, byte[]... content) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.write(file, joined(content));
    return file.toUri().toString();
  }

  static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** An Example of features that {@link #feature} made. */
  static byte[] example(byte[]... features) {
    return field(1, joined(features));
  }

  /** An entry of the map of features, whose list is the field 1, 2 or 3 of a Feature. */
  static byte[] feature(String name, byte[] list) {
    return field(1, joined(field(1, name.getBytes(StandardCharsets.UTF_8)), field(2, list)));
  }

  static byte[] longs(long... values) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    for (long value : values) {
      packed.writeBytes(varint(value));
    }
    return field(3, values.length == 0 ? new byte[0] : field(1, packed.toByteArray()));
  }

  static byte[] unpackedLongs(long... values) {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    for (long value : values) {
      list.write(1 << 3);
      list.writeBytes(varint(value));
    }
    return field(3, list.toByteArray());
  }

  static byte[] floats(float... values) {
    ByteBuffer packed = little(4 * values.length);
    for (float value : values) {
      packed.putFloat(value);
    }
    return field(2, values.length == 0 ? new byte[0] : field(1, packed.array()));
  }

  static byte[] unpackedFloats(float... values) {
    ByteBuffer list = little(5 * values.length);
    for (float value : values) {
      list.put((byte) (1 << 3 | 5)).putFloat(value);
    }
    return field(2, list.array());
  }

  static byte[] byteStrings(byte[]... values) {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    for (byte[] value : values) {
      list.writeBytes(field(1, value));
    }
    return field(1, list.toByteArray());
  }

  /** A field of bytes. */
  static byte[] field(int number, byte[] content) {
    return joined(varint((long) number << 3 | 2), varint(content.length), content);
  }

  static byte[] varint(long value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
    return out.toByteArray();
  }
}
