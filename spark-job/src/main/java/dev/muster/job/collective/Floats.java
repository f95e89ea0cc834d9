package dev.muster.job.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * The arithmetic on direct float buffers. The loops are plain: the JIT compiles them to vector code
 * where all buffers are of one type and share one index. Hence the slices; with an offset for some
 * of them the sum takes twice as long.
 */
final class Floats {
  private Floats() {}

  /** Refuses buffers that an all-reduce cannot work on. */
  static void check(ByteBuffer input, ByteBuffer output) {
    checkBuffer("input", input);
    checkBuffer("output", output);
    if (output.isReadOnly()) {
      throw new IllegalArgumentException("Cannot reduce: expected a writable output");
    }
    if (input.remaining() != output.remaining()) {
      throw new IllegalArgumentException(
          "Cannot reduce: the input has %d bytes, the output %d"
              .formatted(input.remaining(), output.remaining()));
    }
  }

  private static void checkBuffer(String name, ByteBuffer buffer) {
    if (!buffer.isDirect() || buffer.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(
          "Cannot reduce: expected a direct %s in %s order, found a %s one in %s"
              .formatted(
                  name,
                  ByteOrder.nativeOrder(),
                  buffer.isDirect() ? "direct" : "heap",
                  buffer.order()));
    }
    if (buffer.remaining() % Float.BYTES != 0) {
      throw new IllegalArgumentException(
          "Cannot reduce: expected whole floats in the %s, found %d bytes"
              .formatted(name, buffer.remaining()));
    }
  }

  /** Writes {@code weight * input} to the output, from element {@code from} to {@code to}. */
  static void scale(FloatBuffer input, float weight, FloatBuffer output, int from, int to) {
    int count = to - from;
    if (weight == 1) {
      output.put(from, input, from, count);
      return;
    }
    FloatBuffer target = output.slice(from, count);
    if (weight == 0) {
      for (int i = 0; i < count; i++) {
        target.put(i, 0f);
      }
    } else {
      FloatBuffer source = input.slice(from, count);
      for (int i = 0; i < count; i++) {
        target.put(i, weight * source.get(i));
      }
    }
  }

  /** Writes {@code soFar[i - from] + weight * input[i]} to the output. */
  static void add(
      FloatBuffer soFar, FloatBuffer input, float weight, FloatBuffer output, int from, int to) {
    int count = to - from;
    FloatBuffer target = output.slice(from, count);
    if (weight == 0) {
      for (int i = 0; i < count; i++) {
        target.put(i, soFar.get(i) + 0f);
      }
    } else {
      FloatBuffer source = input.slice(from, count);
      for (int i = 0; i < count; i++) {
        target.put(i, soFar.get(i) + weight * source.get(i));
      }
    }
  }
}
