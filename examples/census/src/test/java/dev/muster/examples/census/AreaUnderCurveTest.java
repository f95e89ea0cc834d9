package dev.muster.examples.census;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.HeapTensor;
import dev.muster.trial.metric.MetricValue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;

class AreaUnderCurveTest {
  private final AreaUnderCurve reducer = new AreaUnderCurve();

  private static BatchValues batch(float[] labels, float[] scores) {
    Shape shape = Shape.of(labels.length);
    return new BatchValues(
        labels.length,
        Map.of("label", HeapTensor.of(shape, labels), "score", HeapTensor.of(shape, scores)));
  }

  @Test
  void countsThePairsThatAreInTheRightOrder() {
    long[][] one =
        reducer.accumulate(
            reducer.empty(), batch(new float[] {1, 0, 1}, new float[] {0.9f, 0.2f, 0.4f}));
    long[][] other =
        reducer.accumulate(reducer.empty(), batch(new float[] {0, 0}, new float[] {0.4f, 0.6f}));
    // Pairs of 0.9: above 0.2, 0.4 and 0.6; of 0.4: above 0.2, level with 0.4, below 0.6.
    MetricValue auc = reducer.crossSlotReduce(List.of(one, reducer.empty(), other));
    assertThat(((MetricValue.Scalar) auc).value()).isCloseTo(4.5 / 6, within(1e-12));
  }

  @Test
  void scoreOfOneIsInTheLastBin() {
    long[][] state =
        reducer.accumulate(reducer.empty(), batch(new float[] {1, 0}, new float[] {1f, 0f}));
    assertThat(((MetricValue.Scalar) reducer.result(state)).value()).isEqualTo(1);
  }
}
