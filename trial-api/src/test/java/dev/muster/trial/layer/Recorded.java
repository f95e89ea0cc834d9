package dev.muster.trial.layer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Arrays that src/test/python/record_layers.py recorded from TensorFlow's Python. */
final class Recorded {
  private static final Map<String, String[]> LINES = read();

  private Recorded() {}

  private static Map<String, String[]> read() {
    Map<String, String[]> lines = new HashMap<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(Recorded.class.getResourceAsStream("layers.txt")),
                StandardCharsets.UTF_8))) {
      reader.lines().map(line -> line.split(" ")).forEach(words -> lines.put(words[0], words));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lines;
  }

  private static String[] words(String name) {
    return Objects.requireNonNull(LINES.get(name), name);
  }

  static float[] floats(String name) {
    String[] words = words(name);
    float[] values = new float[words.length - 2];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.parseFloat(words[i + 2]);
    }
    return values;
  }

  static long[] longs(String name) {
    String[] words = words(name);
    return Arrays.stream(words, 2, words.length).mapToLong(Long::parseLong).toArray();
  }

  static Shape shape(String name) {
    String sizes = words(name)[1];
    return sizes.equals("scalar")
        ? Shape.scalar()
        : Shape.of(Arrays.stream(sizes.split("x")).mapToLong(Long::parseLong).toArray());
  }

  static Operand<TFloat32> constant(Ops tf, String name) {
    return tf.reshape(tf.constant(floats(name)), tf.constant(shape(name).asArray()));
  }

  static Initializer initializer(String name) {
    return Initializer.values(floats(name));
  }
}
