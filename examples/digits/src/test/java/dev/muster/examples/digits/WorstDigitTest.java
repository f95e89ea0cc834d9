package dev.muster.examples.digits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.HeapTensor;
import dev.muster.trial.metric.MetricValue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;

class WorstDigitTest {
  private final WorstDigit reducer = new WorstDigit();

  @Test
  void worstDigitOverSlotsIsCountedNotAveraged() {
    // Threes: right, wrong | wrong, wrong → 1 of 4. Sevens: right | – → 1 of 1.
    long[] first = reducer.accumulate(reducer.empty(), batch(new long[] {3, 3, 7}, 3, 8, 7));
    long[] second = reducer.accumulate(reducer.empty(), batch(new long[] {3, 3}, 8, 8));

    assertThat(reducer.crossSlotReduce(List.of(first, second))).isEqualTo(MetricValue.scalar(0.25));
  }

  @Test
  void slotWithoutABatchChangesNothing() {
    long[] only = reducer.accumulate(reducer.empty(), batch(new long[] {1, 1}, 1, 0));

    assertThat(reducer.crossSlotReduce(List.of(only, reducer.empty())))
        .isEqualTo(MetricValue.scalar(0.5));
  }

  @Test
  void nothingSeenIsNotANumber() {
    assertThat(reducer.crossSlotReduce(List.of(reducer.empty())))
        .isEqualTo(MetricValue.scalar(Double.NaN));
  }

  private static BatchValues batch(long[] labels, int... read) {
    float[] scores = new float[10 * labels.length];
    for (int example = 0; example < read.length; example++) {
      scores[10 * example + read[example]] = 1;
    }
    return new BatchValues(
        labels.length,
        Map.of(
            "labels", HeapTensor.of(Shape.of(labels.length), labels),
            "scores", HeapTensor.of(Shape.of(labels.length, 10), scores)));
  }
}
