package dev.muster.trial.metric;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.ndarray.Shape;

/**
 * Areas and quantiles: exact while there are enough bins, within their bounds when there are not.
 */
class HistogramTest {
  private record Example(float score, boolean positive) {}

  /** Scores as models have them: spread, piled up at both ends, or logits. */
  private static List<Example> examples(long seed, int count) {
    Random random = new Random(seed);
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean positive = random.nextInt(3) == 0;
      double logit = random.nextGaussian() * (1 + seed % 5) + (positive ? 1 : -1);
      double score = seed % 2 == 0 ? logit : 1 / (1 + Math.exp(-logit));
      examples.add(new Example((float) score, positive));
    }
    return examples;
  }

  private static BatchValues batch(List<Example> examples) {
    float[] scores = new float[examples.size()];
    boolean[] labels = new boolean[examples.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = examples.get(i).score();
      labels[i] = examples.get(i).positive();
    }
    Shape shape = Shape.of(scores.length);
    return new BatchValues(
        scores.length,
        Map.of(
            ClassScores.LABELS, HeapTensor.of(shape, labels),
            ClassScores.SCORES, HeapTensor.of(shape, scores)));
  }

  private static List<List<BatchValues>> slots(List<Example> examples, Random random) {
    List<List<BatchValues>> slots = new ArrayList<>();
    int next = 0;
    for (int slot = 0; slot < 4; slot++) {
      int end = slot == 3 ? examples.size() : next + random.nextInt(examples.size() - next);
      List<BatchValues> batches = new ArrayList<>();
      while (next < end) {
        int size = Math.min(end - next, 1 + random.nextInt(50));
        batches.add(batch(examples.subList(next, next + size)));
        next += size;
      }
      slots.add(batches);
    }
    return slots;
  }

  private static double area(CurveReducer reducer, List<List<BatchValues>> slots) {
    return ((MetricValue.Scalar) Slots.reduce(reducer, slots)).value();
  }

  /** By its definition, from all pairs. */
  private static double pairs(List<Example> examples) {
    double right = 0;
    double all = 0;
    for (Example high : examples) {
      for (Example low : examples) {
        if (high.positive() && !low.positive()) {
          right += high.score() > low.score() ? 1 : high.score() == low.score() ? 0.5 : 0;
          all++;
        }
      }
    }
    return right / all;
  }

  /** By its definition, from the precision at each positive. */
  private static double precisions(List<Example> examples) {
    double sum = 0;
    double positives = 0;
    for (Example at : examples) {
      if (at.positive()) {
        positives++;
        double found = examples.stream().filter(e -> e.score() >= at.score()).count();
        sum +=
            examples.stream().filter(e -> e.positive() && e.score() >= at.score()).count() / found;
      }
    }
    return sum / positives;
  }

  @ParameterizedTest
  @EnumSource
  void areaIsWithinItsBoundAndTheSameForAnySlots(CurveReducer.Curve curve) {
    for (long seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      List<Example> examples = examples(seed, 400);
      double exact = curve == CurveReducer.Curve.ROC ? pairs(examples) : precisions(examples);
      for (int bins : new int[] {2, 8, 64, 256}) {
        CurveReducer reducer = new CurveReducer(curve, bins);
        List<List<BatchValues>> one = List.of(List.of(batch(examples)));
        Histogram histogram = Slots.states(reducer, one).get(0);
        assertThat(histogram.bins()).isLessThanOrEqualTo(bins);
        double area = area(reducer, one);
        assertThat(Math.abs(area - exact))
            .describedAs("seed %d, %d bins", seed, bins)
            .isLessThanOrEqualTo(reducer.errorBound(histogram) + 1e-12);
        Collections.shuffle(examples, random);
        assertThat(area(reducer, slots(examples, random))).isEqualTo(area);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void areaIsExactWhileEachScoreHasABin(CurveReducer.Curve curve) {
    for (long seed = 0; seed < 10; seed++) {
      List<Example> examples = examples(seed, 300);
      double exact = curve == CurveReducer.Curve.ROC ? pairs(examples) : precisions(examples);
      assertThat(area(new CurveReducer(curve, 300), slots(examples, new Random(seed))))
          .isCloseTo(exact, org.assertj.core.api.Assertions.within(1e-12));
    }
  }

  @Test
  void scoresOnTheEdgesOfBinsAreExactWithFewBins() {
    List<Example> examples = new ArrayList<>();
    Random random = new Random(5);
    for (int i = 0; i < 500; i++) {
      int edge = random.nextInt(9);
      examples.add(new Example(edge / 8f, random.nextInt(9) < edge));
    }
    assertThat(area(new CurveReducer(CurveReducer.Curve.ROC, 9), slots(examples, random)))
        .isCloseTo(pairs(examples), org.assertj.core.api.Assertions.within(1e-12));
  }

  /** Positives of 2 and 3 in a bin with a negative of 2.5; a negative of 1 by itself. */
  @Test
  void boundOfRocIsWorkedByHand() {
    List<Example> examples =
        List.of(
            new Example(1, false),
            new Example(2, true),
            new Example(2.5f, false),
            new Example(3, true));
    CurveReducer reducer = new CurveReducer(CurveReducer.Curve.ROC, 2);
    Histogram histogram = Slots.states(reducer, List.of(List.of(batch(examples)))).get(0);
    assertThat(histogram.bins()).isEqualTo(2);
    assertThat(reducer.errorBound(histogram)).isEqualTo(0.25); // 2 × 1 / 2 of 2 × 2 pairs
    assertThat(reducer.result(histogram)).isEqualTo(MetricValue.scalar(0.75));
    assertThat(pairs(examples)).isEqualTo(0.75);
  }

  @Test
  void oneLabelAloneHasNoArea() {
    List<List<BatchValues>> negatives = List.of(List.of(batch(List.of(new Example(1, false)))));
    for (CurveReducer.Curve curve : CurveReducer.Curve.values()) {
      assertThat(area(new CurveReducer(curve, 8), negatives)).isNaN();
      assertThat(area(new CurveReducer(curve, 8), List.of(List.of()))).isNaN();
    }
  }

  @Test
  void moreThanHalfOfTheBinsAreInUse() {
    for (long seed = 0; seed < 20; seed++) {
      CurveReducer reducer = new CurveReducer(CurveReducer.Curve.ROC, 100);
      List<List<BatchValues>> slots = slots(examples(seed, 500), new Random(seed));
      Histogram all = reducer.empty();
      for (Histogram state : Slots.states(reducer, slots)) {
        all = reducer.merge(all, state);
      }
      assertThat(all.bins()).isBetween(51, 100);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void quantilesAreTheLowerEndsOfTheirBins(long seed) {
    Random random = new Random(seed);
    float[] values = new float[3000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((random.nextBoolean() ? 1 : -1) * (1 + 255 * random.nextDouble()));
    }
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    double[] shares = {0, 0.05, 0.3, 0.5, 0.77, 0.95, 1};
    int bins = 512; // of values within 8 powers of two of either sign
    BatchValues batch =
        new BatchValues(
            values.length,
            Map.of(Metric.ONLY_VALUE, HeapTensor.of(Shape.of(values.length), values)));
    MetricValue found =
        Slots.reduce(QuantileReducer.array(shares, bins), List.of(List.of(batch), List.of()));
    for (int i = 0; i < shares.length; i++) {
      double exact = sorted[(int) Math.max(0, Math.ceil(shares[i] * values.length) - 1)];
      double quantile = ((MetricValue.Array) found).values().get(i);
      assertThat(quantile).isLessThanOrEqualTo(exact);
      assertThat(exact - quantile).isLessThanOrEqualTo(2.0 * 16 / bins * Math.abs(exact));
    }
  }

  @Test
  void keysHaveTheOrderOfTheirNumbersAndLeadBackToThem() {
    Random random = new Random(7);
    List<Double> numbers =
        new ArrayList<>(
            List.of(
                Double.NEGATIVE_INFINITY,
                -1e300,
                -1.0,
                -0.5,
                -1e-40,
                0.0,
                1e-40,
                0.25,
                0.5,
                0.75,
                1 - 0x1p-24,
                1.0,
                1 + 0x1p-23,
                2.0,
                1e300,
                Double.POSITIVE_INFINITY));
    for (int i = 0; i < 1000; i++) {
      numbers.add((double) (float) (random.nextGaussian() * Math.exp(random.nextGaussian() * 9)));
      numbers.add((double) random.nextFloat());
    }
    Collections.sort(numbers);
    for (int i = 0; i < numbers.size(); i++) {
      double number = numbers.get(i);
      if ((float) number == number) {
        assertThat(OrderedKey.number(OrderedKey.of(number))).isEqualTo(number);
      }
      if (i > 0 && numbers.get(i - 1) < number) {
        assertThat(OrderedKey.of(numbers.get(i - 1))).isLessThan(OrderedKey.of(number));
      }
    }
    assertThat(OrderedKey.of(-0.0)).isEqualTo(OrderedKey.of(0.0));
  }
}
