package dev.muster.trial.optimizer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** What {@code optimizers.py} recorded of TensorFlow's Python. */
final class Recorded {
  static final int STEPS = 20;
  private static final List<String[]> LINES = read();

  private Recorded() {}

  private static List<String[]> read() {
    try (InputStream file =
        Objects.requireNonNull(Recorded.class.getResourceAsStream("optimizers.txt"))) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split(" "))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The fields after these, of each line that starts with them. */
  static List<String[]> lines(String... start) {
    return LINES.stream()
        .filter(
            line ->
                line.length >= start.length
                    && Arrays.equals(Arrays.copyOf(line, start.length), start))
        .map(line -> Arrays.copyOfRange(line, start.length, line.length))
        .toList();
  }

  static String[] line(String... start) {
    List<String[]> found = lines(start);
    if (found.size() != 1) {
      throw new IllegalArgumentException(found.size() + " lines of " + Arrays.toString(start));
    }
    return found.get(0);
  }

  static float[] floats(String[] fields) {
    float[] values = new float[fields.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.parseFloat(fields[i]);
    }
    return values;
  }

  static float[] denseGradient(int step) {
    return floats(line("dense", Integer.toString(step)));
  }

  /** The rows of a step, and their gradients. */
  record Rows(long[] ids, float[] gradient) {}

  static Rows rows(int step) {
    String[] fields = line("rows", Integer.toString(step));
    int count = Integer.parseInt(fields[0]);
    long[] ids = new long[count];
    for (int i = 0; i < count; i++) {
      ids[i] = Long.parseLong(fields[1 + i]);
    }
    return new Rows(ids, floats(Arrays.copyOfRange(fields, 1 + count, fields.length)));
  }
}
