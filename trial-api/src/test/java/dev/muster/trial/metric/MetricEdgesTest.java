package dev.muster.trial.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** What metrics make of NaN, of nothing, of wrong labels, and in which order states merge. */
class MetricEdgesTest {
  private static final float NAN = Float.NaN;

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Metrics m = new Metrics();
  private final Operand<TInt64> labels = tf.placeholder(TInt64.class, shape(-1));
  private final Operand<TFloat32> scores = tf.placeholder(TFloat32.class, shape(-1, 2));
  private final Operand<TFloat32> values = tf.placeholder(TFloat32.class, shape(-1));
  private final Operand<TFloat32> weights = tf.placeholder(TFloat32.class, shape(-1));

  @AfterEach
  void closeGraph() {
    graph.close();
  }

  private static Placeholder.Options shape(long... shape) {
    return Placeholder.shape(Shape.of(shape));
  }

  private List<Metric> ofClasses(Metrics metrics) {
    List<Metric> all = new ArrayList<>();
    all.add(metrics.accuracy(labels, scores));
    all.add(metrics.topKAccuracy(2, labels, scores));
    for (Average average : Average.values()) {
      all.add(metrics.precision(average, labels, scores));
      all.add(metrics.recall(average, labels, scores));
      all.add(metrics.f1(average, labels, scores));
    }
    return all;
  }

  private List<Metric> binary(Metrics metrics) {
    return List.of(
        metrics.binaryAccuracy(labels, values),
        metrics.precision(labels, values),
        metrics.recall(labels, values),
        metrics.f1(labels, values),
        metrics.rocAuc(labels, values),
        metrics.prAuc(labels, values));
  }

  private List<Metric> regressions(Metrics metrics) {
    return List.of(
        metrics.meanSquaredError(labels, values),
        metrics.rootMeanSquaredError(labels, values),
        metrics.meanAbsoluteError(labels, values),
        metrics.r2(labels, values));
  }

  private List<Metric> ofValues(Metrics metrics) {
    return List.of(
        metrics.mean(values),
        metrics.min(values),
        metrics.max(values),
        metrics.quantile(values, 0.5));
  }

  private List<Metric> scalars(Metrics metrics) {
    List<Metric> all = new ArrayList<>(ofClasses(metrics));
    all.addAll(binary(metrics));
    all.addAll(regressions(metrics));
    all.addAll(ofValues(metrics));
    return all;
  }

  /** Two examples: labels 1 and 0; the second is as given. */
  private static BatchValues batch(Metric metric, float second, float weightOfSecond) {
    Map<String, HeapTensor> tensors = new HashMap<>();
    for (String name : metric.values().keySet()) {
      tensors.put(
          name,
          switch (name) {
            case "labels" -> HeapTensor.of(Shape.of(2), new long[] {1, 0});
            case "weights" -> HeapTensor.of(Shape.of(2), new float[] {1, weightOfSecond});
            default ->
                Objects.requireNonNull(metric.values().get(name)).asOutput().shape().numDimensions()
                        == 2
                    ? HeapTensor.of(Shape.of(2, 2), new float[] {0.25f, 0.75f, second, 0.25f})
                    : HeapTensor.of(Shape.of(2), new float[] {0.75f, second});
          });
    }
    return new BatchValues(2, tensors);
  }

  private static double scalar(Metric metric, List<BatchValues> batches) {
    return ((MetricValue.Scalar) Slots.reduce(metric.reducer(), List.of(List.of(), batches)))
        .value();
  }

  @Test
  void notANumberMakesEachMetricNotANumber() {
    for (Metric metric : scalars(m)) {
      assertThat(scalar(metric, List.of(batch(metric, NAN, 1))))
          .describedAs(metric.reducer().getClass().getName())
          .isNaN();
    }
    Metric sum = m.sum(values);
    assertThat(scalar(sum, List.of(batch(sum, NAN, 1)))).isNaN();
    Metric matrix = m.confusionMatrix(labels, scores);
    assertThat(Slots.reduce(matrix.reducer(), List.of(List.of(batch(matrix, NAN, 1)))))
        .isEqualTo(MetricValue.matrix(new double[][] {{NAN, NAN}, {NAN, NAN}}));
  }

  @Test
  void exampleOfWeightZeroDoesNotCountEvenIfItIsNotANumber() {
    for (Metric metric : scalars(m.weightedBy(weights))) {
      if (metric.reducer() instanceof CurveReducer curve) {
        Histogram state = Slots.states(curve, List.of(List.of(batch(metric, NAN, 0)))).get(0);
        assertThat(state.isUnknown()).isFalse();
      } else {
        assertThat(scalar(metric, List.of(batch(metric, NAN, 0)))).isNotNaN();
      }
    }
  }

  @Test
  void withoutExamplesThereIsNoValueButASumIsZero() {
    for (Metric metric : scalars(m)) {
      assertThat(scalar(metric, List.of()))
          .describedAs(metric.reducer().getClass().getName())
          .isNaN();
    }
    assertThat(scalar(m.sum(values), List.of())).isZero();
    assertThat(Slots.reduce(m.confusionMatrix(labels, scores).reducer(), List.of(List.of())))
        .isEqualTo(MetricValue.matrix(new double[2][2]));
  }

  @Test
  void ratiosWithNothingToDivideByAreZero() {
    BatchValues negatives =
        new BatchValues(
            1,
            Map.of(
                "labels", HeapTensor.of(Shape.of(1), new int[] {0}),
                "scores", HeapTensor.of(Shape.of(1), new float[] {0.25f})));
    assertThat(scalar(m.precision(labels, values), List.of(negatives))).isZero();
    assertThat(scalar(m.recall(labels, values), List.of(negatives))).isZero();
    assertThat(scalar(m.f1(labels, values), List.of(negatives))).isZero();
  }

  @Test
  void constantLabelsAreExplainedWholeOrNotAtAll() {
    Metric r2 = m.r2(values, values);
    Shape two = Shape.of(2);
    HeapTensor constant = HeapTensor.of(two, new float[] {3, 3});
    HeapTensor off = HeapTensor.of(two, new float[] {3, 4});
    assertThat(
            scalar(
                r2,
                List.of(new BatchValues(2, Map.of("labels", constant, "predictions", constant)))))
        .isEqualTo(1);
    assertThat(
            scalar(r2, List.of(new BatchValues(2, Map.of("labels", constant, "predictions", off)))))
        .isZero();
  }

  @Test
  void ofEqualScoresTheFirstClassCounts() {
    BatchValues tied =
        new BatchValues(
            2,
            Map.of(
                "labels", HeapTensor.of(Shape.of(2), new long[] {0, 1}),
                "scores", HeapTensor.of(Shape.of(2, 2), new float[] {1, 1, 1, 1})));
    assertThat(scalar(m.accuracy(labels, scores), List.of(tied))).isEqualTo(0.5);
    assertThat(scalar(m.topKAccuracy(2, labels, scores), List.of(tied))).isEqualTo(1);
    assertThat(Slots.reduce(m.confusionMatrix(labels, scores).reducer(), List.of(List.of(tied))))
        .isEqualTo(MetricValue.matrix(new double[][] {{1, 0}, {1, 0}}));
  }

  @Test
  void wrongLabelsAndWeightsAreNamed() {
    Shape one = Shape.of(1);
    HeapTensor high = HeapTensor.of(one, new long[] {2});
    Metric accuracy = m.accuracy(labels, scores);
    HeapTensor row = HeapTensor.of(Shape.of(1, 2), new float[] {1, 2});
    assertThatThrownBy(
            () ->
                scalar(
                    accuracy, List.of(new BatchValues(1, Map.of("labels", high, "scores", row)))))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot compare labels and scores: expected a label from 0 to 1, found 2");
    HeapTensor score = HeapTensor.of(one, new float[] {1});
    assertThatThrownBy(
            () ->
                scalar(
                    m.rocAuc(labels, values),
                    List.of(new BatchValues(1, Map.of("labels", high, "scores", score)))))
        .hasMessage(
            "Cannot compare labels and scores: expected labels 0 and 1, or false and true, found"
                + " 2.0");
    HeapTensor negative = HeapTensor.of(one, new float[] {-1});
    assertThatThrownBy(
            () ->
                scalar(
                    m.weightedMean(values, weights),
                    List.of(new BatchValues(1, Map.of("value", score, "weights", negative)))))
        .hasMessage("Cannot weigh a metric: found the negative weight -1.0");
  }

  @Test
  void shapesThatDoNotGoTogetherAreRefusedWhenTheGraphIsBuilt() {
    Operand<TInt64> oneHot = tf.placeholder(TInt64.class, shape(-1, 2));
    assertThatThrownBy(() -> m.accuracy(oneHot, scores))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot build metric accuracy: expected class indices of shape [batch] and scores of"
                + " shape [batch, classes], found labels of shape [-1, 2] and scores of shape [-1,"
                + " 2]; hand in the index of the class instead of one-hot labels");
    assertThatThrownBy(() -> m.accuracy(labels, values)).hasMessageContaining("shape [-1]");
    assertThatThrownBy(() -> m.rocAuc(labels, scores))
        .hasMessage(
            "Cannot build metric rocAuc: expected as many elements for each example, found labels"
                + " of shape [-1] and predictions of shape [-1, 2]");
    assertThatThrownBy(() -> m.quantiles(values, 0.5, 1.5)).hasMessageContaining("[0.5, 1.5]");
    assertThatThrownBy(() -> m.topKAccuracy(0, labels, scores)).hasMessageContaining("found 0");
    assertThatThrownBy(() -> m.prAuc(labels, values, 1)).hasMessageContaining("found 1");
  }

  @Test
  void columnOfOneIsAsGoodAsAFlatTensor() {
    Operand<TFloat32> column = tf.placeholder(TFloat32.class, shape(-1, 1));
    assertThat(m.binaryAccuracy(labels, column).values()).containsOnlyKeys("labels", "scores");
  }

  /** A merge that tells how it was called. */
  private static final class Brackets implements MergeableReducer<String> {
    private static final long serialVersionUID = 1L;

    @Override
    public String empty() {
      return "";
    }

    @Override
    public String accumulate(String soFar, BatchValues batch) {
      return soFar + (int) batch.value().sum();
    }

    @Override
    public String merge(String a, String b) {
      return "(" + a + " " + b + ")";
    }

    @Override
    public MetricValue result(String merged) {
      return MetricValue.text(merged);
    }
  }

  private static BatchValues number(int number) {
    return new BatchValues(
        1, Map.of(Metric.ONLY_VALUE, HeapTensor.of(Shape.scalar(), new float[] {number})));
  }

  @Test
  void neighboursInRankOrderAreMergedFirst() {
    List<List<BatchValues>> slots = new ArrayList<>();
    for (int rank = 0; rank < 5; rank++) {
      slots.add(List.of(number(rank)));
    }
    Brackets reducer = new Brackets();
    assertThat(Slots.reduce(reducer, slots)).isEqualTo(MetricValue.text("(((0 1) (2 3)) 4)"));
    assertThat(Slots.reduce(reducer, slots.subList(0, 1))).isEqualTo(MetricValue.text("0"));
    assertThat(reducer.crossSlotReduce(List.of())).isEqualTo(MetricValue.text(""));
  }

  @Test
  void whatIsNoNumberKeepsTheLastValueOfTheLowestRankThatHasOne() {
    Metric metric = Metric.lastOfChief("device", tf.constant("x"));
    Shape scalar = Shape.scalar();
    List<BatchValues> batches = new ArrayList<>();
    for (String device : List.of("first", "last")) {
      batches.add(
          new BatchValues(
              1, Map.of(Metric.ONLY_VALUE, HeapTensor.of(scalar, new String[] {device}))));
    }
    assertThat(Slots.reduce(metric.reducer(), List.of(List.of(), batches, List.of(number(1)))))
        .isEqualTo(MetricValue.text("last"));
    assertThat(Slots.reduce(metric.reducer(), List.of(List.of()))).isEqualTo(MetricValue.text(""));
    assertThatThrownBy(() -> Metric.lastOfChief("devices", tf.array("a", "b")))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("expected a scalar, found shape [2]");
  }

  @Test
  void functionGetsTheBatchesOfAllSlotsInSlotMajorOrder() {
    Metric metric =
        Metric.of(
            List.of(tf.constant(1f), tf.constant(2f)),
            batches ->
                MetricValue.array(
                    batches.stream().mapToDouble(batch -> batch.value(1).sum()).toArray()));
    assertThat(metric.values()).containsOnlyKeys("0", "1");
    List<List<BatchValues>> slots =
        List.of(List.of(pair(1, 10), pair(2, 20)), List.of(), List.of(pair(3, 30)));
    assertThat(Slots.reduce(metric.reducer(), slots)).isEqualTo(MetricValue.array(10, 20, 30));
    assertThat(metric.isScalar()).isEmpty();
  }

  private static BatchValues pair(float first, float second) {
    return new BatchValues(
        1,
        Map.of(
            "0", HeapTensor.of(Shape.of(1), new float[] {first}),
            "1", HeapTensor.of(Shape.of(1), new float[] {second})));
  }

  @Test
  void builtInReducersAndBatchValuesTravel() {
    List<Metric> all = new ArrayList<>(scalars(m));
    all.add(m.sum(values));
    all.add(m.confusionMatrix(labels, scores));
    for (Metric metric : all) {
      MergeableReducer<?> sent = Slots.sent((MergeableReducer<?>) metric.reducer());
      assertThat(Slots.reduce(sent, List.of(List.of(batch(metric, 0.5f, 1)))))
          .isEqualTo(Slots.reduce(metric.reducer(), List.of(List.of(batch(metric, 0.5f, 1)))));
    }
    BatchValues batch = Slots.sent(pair(1, 2));
    assertThat(batch.value(1).floats()).containsExactly(2f);
    assertThat(batch.value("0").shape()).isEqualTo(Shape.of(1));
    assertThat(batch.names()).containsExactly("0", "1");
  }

  /** With whole numbers and counts no order of merging can change a bit. */
  @Test
  void orderOfSlotsDoesNotMatterForCounts() {
    Random random = new Random(11);
    for (Metric metric : ofClasses(m)) {
      List<List<BatchValues>> slots = new ArrayList<>();
      for (int slot = 0; slot < 5; slot++) {
        List<BatchValues> batches = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          batches.add(batch(metric, random.nextFloat(), 1));
        }
        slots.add(batches);
      }
      MetricValue value = Slots.reduce(metric.reducer(), slots);
      java.util.Collections.shuffle(slots, random);
      assertThat(Slots.reduce(metric.reducer(), slots)).isEqualTo(value);
    }
  }
}
