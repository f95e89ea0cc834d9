package dev.muster.trial.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;

class MetricTest {
  private static BatchValues batch(int examples, float... values) {
    return new BatchValues(
        examples, Map.of(Metric.ONLY_VALUE, HeapTensor.of(Shape.of(values.length), values)));
  }

  @Test
  void meanOfMeansIsWeightedByExamples() {
    MeanReducer mean = new MeanReducer(MeanReducer.Weight.EXAMPLES);
    double[] first = mean.accumulate(mean.accumulate(mean.empty(), batch(3, 1f)), batch(1, 5f));
    double[] second = mean.accumulate(mean.empty(), batch(4, 2f));
    // (3 × 1 + 1 × 5 + 4 × 2) / 8
    assertThat(mean.crossSlotReduce(List.of(first, second, mean.empty())))
        .isEqualTo(MetricValue.scalar(2));
  }

  @Test
  void meanOfElementsCountsEachOnce() {
    MeanReducer mean = new MeanReducer(MeanReducer.Weight.ELEMENTS);
    double[] first = mean.accumulate(mean.empty(), batch(2, 1f, 2f));
    double[] second = mean.accumulate(mean.empty(), batch(1, 6f));
    assertThat(mean.crossSlotReduce(List.of(first, second))).isEqualTo(MetricValue.scalar(3));
  }

  @Test
  void meanOfNothingIsNotANumber() {
    MeanReducer mean = new MeanReducer(MeanReducer.Weight.EXAMPLES);
    assertThat(mean.crossSlotReduce(List.of(mean.empty())))
        .isEqualTo(MetricValue.scalar(Double.NaN));
  }

  @Test
  void batchValuesNameWhatThereIs() {
    assertThat(batch(2, 1f, 2f).value().floats()).containsExactly(1f, 2f);
    assertThatThrownBy(() -> batch(2, 1f).value("scores"))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot read 'scores': the metric was made of [value]");
  }

  @Test
  void metricOfTheBatchMeanMustBeAScalar() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      assertThatThrownBy(() -> Metric.weightedMean("error", tf.constant(new float[3])))
          .isInstanceOf(TrialException.class)
          .hasMessage(
              "Cannot average metric 'error': expected a scalar, found shape [3]; use"
                  + " context().makeMetric with a reducer");
      assertThat(Metric.weightedMean("error", tf.constant(1f)).values())
          .containsOnlyKeys(Metric.ONLY_VALUE);
      assertThatThrownBy(() -> Metric.of(Map.of(), new MeanReducer(MeanReducer.Weight.ELEMENTS)))
          .isInstanceOf(TrialException.class)
          .hasMessage("Cannot make a metric of no tensors");
    }
  }

  @Test
  void heapTensorConvertsAnyNumberToDouble() {
    Shape shape = Shape.of(2);
    assertThat(HeapTensor.of(shape, new float[] {1, 2}).asDoubles()).containsExactly(1, 2);
    assertThat(HeapTensor.of(shape, new int[] {1, 2}).asDoubles()).containsExactly(1, 2);
    assertThat(HeapTensor.of(shape, new long[] {1, 2}).asDoubles()).containsExactly(1, 2);
    assertThat(HeapTensor.of(shape, new double[] {1, 2}).asDoubles()).containsExactly(1, 2);
    assertThat(HeapTensor.of(shape, new boolean[] {true, false}).asDoubles()).containsExactly(1, 0);
    assertThat(HeapTensor.of(shape, new int[] {1, 2}).shape()).isEqualTo(shape);
  }

  @Test
  void heapTensorIsReadAsWhatItIs() {
    HeapTensor longs = HeapTensor.of(Shape.of(1), new long[] {1});
    assertThat(longs.longs()).containsExactly(1);
    assertThatThrownBy(longs::floats)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot read a tensor of long[] as float[]");
    assertThatThrownBy(() -> HeapTensor.of(Shape.of(1), "text"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void arrayIsCopied() {
    assertThat(MetricValue.array(1, 2))
        .isEqualTo(new MetricValue.Array(List.of(2), List.of(1.0, 2.0)));
  }
}
