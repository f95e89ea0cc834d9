package dev.muster.trial.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/**
 * Each metric equals what scikit-learn or numpy makes of the same examples, recorded by {@code
 * src/test/python/record_metrics.py}, whatever slots and batches they are in; one slot has none.
 */
class RecordedMetricsTest {
  private static final double[] SHARES = {0, 0.1, 0.25, 0.5, 0.9, 1};

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Map<Operand<?>, int[]> columns = new HashMap<>();
  private final List<double[]> examples =
      read("examples.tsv").stream().skip(1).map(this::numbers).toList();

  private final Operand<TInt64> label = input(TInt64.class, 0);
  private final Operand<TFloat32> scores = input(TFloat32.class, 1, 2, 3, 4);
  private final Operand<TBool> positive = input(TBool.class, 5);
  private final Operand<TFloat32> score = input(TFloat32.class, 6);
  private final Operand<TFloat32> y = input(TFloat32.class, 7);
  private final Operand<TFloat32> prediction = input(TFloat32.class, 8);
  private final Operand<TFloat32> weight = input(TFloat32.class, 9);

  @AfterEach
  void closeGraph() {
    graph.close();
  }

  private Map<String, Metric> metrics(Metrics m) {
    Map<String, Metric> metrics = new LinkedHashMap<>();
    metrics.put("mean", m.mean(y));
    metrics.put("sum", m.sum(y));
    metrics.put("min", m.min(y));
    metrics.put("max", m.max(y));
    metrics.put("accuracy", m.accuracy(label, scores));
    metrics.put("topKAccuracy", m.topKAccuracy(2, label, scores));
    metrics.put("confusionMatrix", m.confusionMatrix(label, scores));
    for (Average average : Average.values()) {
      String name = "_" + average.name().toLowerCase(Locale.ROOT);
      metrics.put("precision" + name, m.precision(average, label, scores));
      metrics.put("recall" + name, m.recall(average, label, scores));
      metrics.put("f1" + name, m.f1(average, label, scores));
    }
    metrics.put("binaryAccuracy", m.binaryAccuracy(positive, score));
    metrics.put("precision", m.precision(positive, score));
    metrics.put("recall", m.recall(positive, score));
    metrics.put("f1", m.f1(positive, score));
    metrics.put("recall_at_0.75", m.recall(positive, score, 0.75));
    metrics.put("rocAuc", m.rocAuc(positive, score));
    metrics.put("prAuc", m.prAuc(positive, score));
    metrics.put("meanSquaredError", m.meanSquaredError(y, prediction));
    metrics.put("rootMeanSquaredError", m.rootMeanSquaredError(y, prediction));
    metrics.put("meanAbsoluteError", m.meanAbsoluteError(y, prediction));
    metrics.put("r2", m.r2(y, prediction));
    metrics.put("quantiles", m.quantiles(y, SHARES));
    return metrics;
  }

  @Test
  void metricsEqualThoseOfScikitLearnOnUnevenShards() {
    compare("plain", metrics(new Metrics()));
  }

  @Test
  void weightedMetricsEqualThoseOfScikitLearnOnUnevenShards() {
    compare("weighted", metrics(new Metrics().weightedBy(weight)));
  }

  @Test
  void weightedMeanIsTheMeanWeightedBySomething() {
    assertThat(values(new Metrics().weightedMean(y, weight), split(4, 5, 0)))
        .isEqualTo(values(new Metrics().weightedBy(weight).mean(y), split(4, 5, 0)));
  }

  @Test
  void metricsSayWhetherTheyAreScalars() {
    metrics(new Metrics())
        .forEach(
            (name, metric) -> {
              boolean array = name.equals("confusionMatrix") || name.equals("quantiles");
              assertThat(metric.isScalar()).describedAs(name).contains(!array);
            });
  }

  private void compare(String kind, Map<String, Metric> metrics) {
    Map<String, double[]> expected = new HashMap<>();
    for (String[] row : read("expected.tsv")) {
      if (row[0].equals(kind)) {
        expected.put(row[1], numbers(Arrays.copyOfRange(row, 2, row.length)));
      }
    }
    assertThat(metrics.keySet()).isEqualTo(expected.keySet());
    for (List<List<Integer>> slots :
        List.of(split(4, 61), split(4, 5, 0, 31, 25), split(1, 0, 60, 1), split(64, 20, 20, 21))) {
      metrics.forEach(
          (name, metric) ->
              assertThat(values(metric, slots))
                  .describedAs("%s %s on %s", kind, name, slots)
                  .containsExactly(Objects.requireNonNull(expected.get(name)), within(1e-11)));
    }
  }

  private double[] values(Metric metric, List<List<Integer>> batchSizes) {
    int next = 0;
    List<List<BatchValues>> slots = new ArrayList<>();
    for (List<Integer> sizes : batchSizes) {
      List<BatchValues> batches = new ArrayList<>();
      for (int size : sizes) {
        batches.add(batch(metric, examples.subList(next, next + size)));
        next += size;
      }
      slots.add(batches);
    }
    MetricValue value = Slots.reduce(metric.reducer(), slots);
    return value instanceof MetricValue.Scalar scalar
        ? new double[] {scalar.value()}
        : ((MetricValue.Array) value).values().stream().mapToDouble(v -> v).toArray();
  }

  /** The sizes of the batches of slots with so many examples. */
  private static List<List<Integer>> split(int batch, int... slots) {
    List<List<Integer>> sizes = new ArrayList<>();
    for (int examples : slots) {
      List<Integer> ofSlot = new ArrayList<>();
      for (int left = examples; left > 0; left -= batch) {
        ofSlot.add(Math.min(left, batch));
      }
      sizes.add(ofSlot);
    }
    return sizes;
  }

  private BatchValues batch(Metric metric, List<double[]> rows) {
    Map<String, HeapTensor> values = new HashMap<>();
    metric.values().forEach((name, operand) -> values.put(name, tensor(operand, rows)));
    return new BatchValues(rows.size(), values);
  }

  private HeapTensor tensor(Operand<?> operand, List<double[]> rows) {
    int[] ofOperand = Objects.requireNonNull(columns.get(operand));
    double[] all =
        rows.stream()
            .flatMapToDouble(row -> Arrays.stream(ofOperand).mapToDouble(column -> row[column]))
            .toArray();
    Shape shape =
        ofOperand.length == 1 ? Shape.of(rows.size()) : Shape.of(rows.size(), ofOperand.length);
    if (operand.type().equals(TInt64.class)) {
      return HeapTensor.of(shape, Arrays.stream(all).mapToLong(v -> (long) v).toArray());
    }
    if (operand.type().equals(TBool.class)) {
      boolean[] booleans = new boolean[all.length];
      for (int i = 0; i < all.length; i++) {
        booleans[i] = all[i] == 1;
      }
      return HeapTensor.of(shape, booleans);
    }
    float[] floats = new float[all.length];
    for (int i = 0; i < all.length; i++) {
      floats[i] = (float) all[i];
    }
    return HeapTensor.of(shape, floats);
  }

  private <T extends TType> Operand<T> input(Class<T> type, int... ofExample) {
    Shape shape = ofExample.length == 1 ? Shape.of(-1) : Shape.of(-1, ofExample.length);
    Operand<T> input = tf.placeholder(type, Placeholder.shape(shape));
    columns.put(input, ofExample);
    return input;
  }

  private double[] numbers(String[] row) {
    return Arrays.stream(row).mapToDouble(Double::parseDouble).toArray();
  }

  private static List<String[]> read(String name) {
    try (InputStream in = RecordedMetricsTest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split("\t"))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
