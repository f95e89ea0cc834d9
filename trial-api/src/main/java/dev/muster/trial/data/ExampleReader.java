package dev.muster.trial.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the features of a serialized {@code tf.train.Example}. The numbers go straight into arrays:
 * each list is counted, then read. As protobuf has it, lists may be packed or not, fields that are
 * not known are passed over, and of a feature that comes twice the last one counts.
 *
 * <pre>
 * Example   { Features features = 1; }
 * Features  { map&lt;string, Feature&gt; feature = 1; }
 * Feature   { oneof kind { BytesList bytes_list = 1; FloatList float_list = 2; Int64List int64_list = 3; } }
 * BytesList { repeated bytes value = 1; }   // FloatList: float, Int64List: int64; both packed
 * </pre>
 */
final class ExampleReader {
  /** Takes the features of an Example. */
  interface Sink {
    /**
     * Takes one feature.
     *
     * @param list a {@code byte[][]}, {@code float[]} or {@code long[]}; null for a feature without
     *     a list
     */
    void feature(String name, @Nullable Object list) throws WireFormatException;
  }

  private ExampleReader() {}

  /**
   * Hands each feature to the sink.
   *
   * @param data holds the Example in its first {@code length} bytes; may change afterwards
   * @throws WireFormatException when the bytes are no Example, or the sink refuses
   */
  static void read(byte[] data, int length, Sink sink) throws WireFormatException {
    WireMessage example = new WireMessage(data, 0, length);
    while (example.next()) {
      if (example.is(1, WireMessage.BYTES)) {
        readFeatures(example.message(), sink);
      } else {
        example.skip();
      }
    }
  }

  private static void readFeatures(WireMessage features, Sink sink) throws WireFormatException {
    while (features.next()) {
      if (features.is(1, WireMessage.BYTES)) {
        readEntry(features.message(), sink);
      } else {
        features.skip();
      }
    }
  }

  private static void readEntry(WireMessage entry, Sink sink) throws WireFormatException {
    String name = "";
    @Nullable Object list = null;
    while (entry.next()) {
      if (entry.is(1, WireMessage.BYTES)) {
        name = text(entry.message());
      } else if (entry.is(2, WireMessage.BYTES)) {
        list = list(entry.message(), list);
      } else {
        entry.skip();
      }
    }
    sink.feature(name, list);
  }

  private static String text(WireMessage message) throws WireFormatException {
    byte[] bytes = copy(message);
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (text.indexOf('\ufffd') >= 0
        && !Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)) {
      throw new WireFormatException(
          "expected a feature's name in UTF-8, found " + Arrays.toString(bytes));
    }
    return text;
  }

  /** A list that comes in parts is one list; of lists of several kinds the last one counts. */
  private static @Nullable Object list(WireMessage feature, @Nullable Object before)
      throws WireFormatException {
    @Nullable Object list = before;
    while (feature.next()) {
      if (feature.is(1, WireMessage.BYTES)) {
        list = joined(list, byteStrings(feature.message()));
      } else if (feature.is(2, WireMessage.BYTES)) {
        list = joined(list, floats(feature.message()));
      } else if (feature.is(3, WireMessage.BYTES)) {
        list = joined(list, longs(feature.message()));
      } else {
        feature.skip();
      }
    }
    return list;
  }

  private static Object joined(@Nullable Object first, Object second) {
    if (first instanceof long[] a && second instanceof long[] b) {
      long[] both = Arrays.copyOf(a, a.length + b.length);
      System.arraycopy(b, 0, both, a.length, b.length);
      return both;
    } else if (first instanceof float[] a && second instanceof float[] b) {
      float[] both = Arrays.copyOf(a, a.length + b.length);
      System.arraycopy(b, 0, both, a.length, b.length);
      return both;
    } else if (first instanceof byte[][] a && second instanceof byte[][] b) {
      byte[][] both = Arrays.copyOf(a, a.length + b.length);
      System.arraycopy(b, 0, both, a.length, b.length);
      return both;
    }
    return second;
  }

  private static byte[][] byteStrings(WireMessage list) throws WireFormatException {
    int count = 0;
    for (WireMessage first = list.copy(); first.next(); first.skip()) {
      count += first.is(1, WireMessage.BYTES) ? 1 : 0;
    }
    byte[][] values = new byte[count][];
    for (int i = 0; list.next(); ) {
      if (list.is(1, WireMessage.BYTES)) {
        values[i++] = copy(list.message());
      } else {
        list.skip();
      }
    }
    return values;
  }

  private static byte[] copy(WireMessage message) {
    int from = message.position();
    return Arrays.copyOfRange(message.bytes(), from, from + message.remaining());
  }

  private static float[] floats(WireMessage list) throws WireFormatException {
    float[] values = new float[countFloats(list.copy())];
    for (int i = 0; list.next(); ) {
      if (list.is(1, WireMessage.BYTES)) {
        WireMessage packed = list.message();
        int count = packed.remaining() / Float.BYTES;
        ByteBuffer.wrap(packed.bytes(), packed.position(), packed.remaining())
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer()
            .get(values, i, count);
        i += count;
      } else if (list.is(1, WireMessage.FIXED32)) {
        values[i++] = Float.intBitsToFloat(list.fixed32());
      } else {
        list.skip();
      }
    }
    return values;
  }

  private static int countFloats(WireMessage list) throws WireFormatException {
    int count = 0;
    while (list.next()) {
      if (list.is(1, WireMessage.BYTES)) {
        int bytes = list.message().remaining();
        if (bytes % Float.BYTES != 0) {
          throw new WireFormatException("expected floats of 4 bytes, found " + bytes + " bytes");
        }
        count += bytes / Float.BYTES;
      } else {
        count += list.is(1, WireMessage.FIXED32) ? 1 : 0;
        list.skip();
      }
    }
    return count;
  }

  private static long[] longs(WireMessage list) throws WireFormatException {
    long[] values = new long[countLongs(list.copy())];
    for (int i = 0; list.next(); ) {
      if (list.is(1, WireMessage.BYTES)) {
        for (WireMessage packed = list.message(); !packed.isAtEnd(); ) {
          values[i++] = packed.varint();
        }
      } else if (list.is(1, WireMessage.VARINT)) {
        values[i++] = list.varint();
      } else {
        list.skip();
      }
    }
    return values;
  }

  private static int countLongs(WireMessage list) throws WireFormatException {
    int count = 0;
    while (list.next()) {
      if (list.is(1, WireMessage.BYTES)) {
        WireMessage packed = list.message();
        int end = packed.position() + packed.remaining();
        if (!packed.isAtEnd() && packed.bytes()[end - 1] < 0) {
          throw new WireFormatException("expected a number, found the end of its list");
        }
        for (int at = packed.position(); at < end; at++) {
          count += packed.bytes()[at] >= 0 ? 1 : 0; // the last byte of a number
        }
      } else {
        count += list.is(1, WireMessage.VARINT) ? 1 : 0;
        list.skip();
      }
    }
    return count;
  }
}
