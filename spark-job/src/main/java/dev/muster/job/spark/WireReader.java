package dev.muster.job.spark;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Reads the fields of one message and trusts no length in it. Confined to its thread. */
final class WireReader {
  private final ByteBuffer in;

  WireReader(byte[] bytes) {
    in = ByteBuffer.wrap(bytes);
  }

  byte readByte() {
    need(1);
    return in.get();
  }

  boolean readFlag() {
    byte value = readByte();
    if (value != 0 && value != 1) {
      throw broken("a flag is " + value + ", expected 0 or 1");
    }
    return value == 1;
  }

  int readInt() {
    need(Integer.BYTES);
    return in.getInt();
  }

  long readLong() {
    need(Long.BYTES);
    return in.getLong();
  }

  String readText() {
    byte[] utf8 = readArray(Wire.MAX_TEXT_BYTES, "text");
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw broken("a text is not UTF-8");
    }
  }

  Blob readBlob() {
    return Blob.of(readArray(Wire.MAX_BLOB_BYTES, "payload"));
  }

  <T> List<T> readList(Supplier<T> element) {
    int size = readInt();
    if (size < 0 || size > Wire.MAX_LIST_SIZE) {
      throw broken("a list has " + size + " entries, the limit is " + Wire.MAX_LIST_SIZE);
    }
    List<T> list = new ArrayList<>(Math.min(size, in.remaining()));
    for (int i = 0; i < size; i++) {
      list.add(element.get());
    }
    return List.copyOf(list);
  }

  void expectEnd() {
    if (in.hasRemaining()) {
      throw broken(in.remaining() + " bytes follow its end");
    }
  }

  static IllegalArgumentException broken(String fact) {
    return new IllegalArgumentException("Cannot decode message: " + fact);
  }

  private byte[] readArray(int limit, String what) {
    int length = readInt();
    if (length < 0 || length > limit) {
      throw broken("a " + what + " has " + length + " bytes, the limit is " + limit);
    }
    need(length);
    byte[] array = new byte[length];
    in.get(array);
    return array;
  }

  private void need(int count) {
    if (in.remaining() < count) {
      throw broken("%d bytes expected, %d left".formatted(count, in.remaining()));
    }
  }
}
