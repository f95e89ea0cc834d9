package dev.muster.trial.metric;

import dev.muster.trial.TrialException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TIntegral;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * Metrics that come with Muster. Each is computed over the examples of all slots together, whatever
 * their share in each slot and batch: it is never a mean of batches or slots. All add nothing to
 * the graph: a batch's tensors are read from memory on the slot, and sums are kept in double
 * precision.
 *
 * <p>Three rules hold for all of them:
 *
 * <ul>
 *   <li>With {@link #weightedBy} each example counts by its weight; one with weight 0 does not
 *       count at all, even where its values are NaN.
 *   <li>A NaN among the scores, predictions, values or weights makes the metric NaN, which a
 *       searcher takes for the worst: a model that yields NaN is broken and has no accuracy.
 *       (TensorFlow's and scikit-learn's would go on, or throw.)
 *   <li>Without any example a sum is 0, a confusion matrix is all 0, and any other metric is NaN.
 * </ul>
 *
 * <p>Labels of two classes are 0 and 1 of any number type, or bools; those of several classes are
 * indices from 0. Others fail the trial with a message that names the label.
 */
public final class Metrics {
  /** Bins of the areas under curves and of quantiles, unless said otherwise. */
  public static final int DEFAULT_BINS = QuantileReducer.BINS;

  private final @Nullable Operand<? extends TNumber> weights;

  /** Metrics in which all examples count alike. */
  public Metrics() {
    this(null);
  }

  private Metrics(@Nullable Operand<? extends TNumber> weights) {
    this.weights = weights;
  }

  /**
   * The same metrics with weights.
   *
   * @param weights {@code [batch]}, or one for each element; not negative
   */
  public Metrics weightedBy(Operand<? extends TNumber> weights) {
    return new Metrics(weights);
  }

  /**
   * The mean of all elements of all batches.
   *
   * @param values any shape
   */
  public Metric mean(Operand<? extends TNumber> values) {
    return ofValues(values, new MeanReducer(MeanReducer.Weight.ELEMENTS));
  }

  /**
   * The weighted mean of all elements of all batches: {@code sum(values × weights) / sum(weights)}.
   *
   * @param values any shape
   * @param weights {@code [batch]}, or one for each element; not negative
   */
  public Metric weightedMean(
      Operand<? extends TNumber> values, Operand<? extends TNumber> weights) {
    return weightedBy(weights).mean(values);
  }

  /**
   * The sum of all elements of all batches, each times its weight.
   *
   * @param values any shape
   */
  public Metric sum(Operand<? extends TNumber> values) {
    return ofValues(values, new TotalReducer());
  }

  /**
   * The smallest element.
   *
   * @param values any shape
   */
  public Metric min(Operand<? extends TNumber> values) {
    return ofValues(values, new ExtremeReducer(ExtremeReducer.End.MIN));
  }

  /**
   * The largest element.
   *
   * @param values any shape
   */
  public Metric max(Operand<? extends TNumber> values) {
    return ofValues(values, new ExtremeReducer(ExtremeReducer.End.MAX));
  }

  /**
   * The smallest element that is no less than this share of all elements ({@code
   * numpy.quantile(method="inverted_cdf")}); 0.5 is the median. See {@link #quantiles}.
   *
   * @param values any shape
   * @param share from 0 to 1
   */
  public Metric quantile(Operand<? extends TNumber> values, double share) {
    checkShares(share);
    return ofValues(values, QuantileReducer.scalar(share, DEFAULT_BINS));
  }

  /**
   * The smallest elements that are no less than these shares of all elements, an array.
   *
   * <p>Exact (of float64 values: in the first 51 bits of 52) as long as there are no more than
   * {@link #DEFAULT_BINS} = 8,192 different values. With more, neighbours share a bin and the lower
   * end of the quantile's bin is returned: it is never above the quantile, and the quantile's rank
   * is exact. For values whose magnitudes (and, between 0.5 and 1, whose distances from 1) lie
   * within E powers of two, both signs counted, it is below it by 2E / 8,192 of it at most: E
   * powers of two have E × 2<sup>m</sup> numbers of m bits, and the bins are the finest for which
   * all fit. The result is the same for every number of slots.
   *
   * @param values any shape
   * @param shares from 0 to 1; at least one
   */
  public Metric quantiles(Operand<? extends TNumber> values, double... shares) {
    checkShares(shares);
    return Metric.array(
        weighted(Map.of(Metric.ONLY_VALUE, values)), QuantileReducer.array(shares, DEFAULT_BINS));
  }

  private static void checkShares(double... shares) {
    if (shares.length == 0 || !Arrays.stream(shares).allMatch(share -> share >= 0 && share <= 1)) {
      throw new TrialException(
          "Cannot build metric quantiles: expected shares from 0 to 1, found "
              + Arrays.toString(shares));
    }
  }

  /**
   * The share of examples whose largest score is at the label; of equal scores the first counts.
   *
   * @param labels {@code [batch]}: class indices
   * @param scores {@code [batch, classes]}: logits or probabilities
   */
  public Metric accuracy(Operand<? extends TIntegral> labels, Operand<? extends TNumber> scores) {
    return ofClasses("accuracy", labels, scores, new AccuracyReducer(1));
  }

  /**
   * The share of examples whose label is among the k largest scores; of equal scores the first
   * count.
   *
   * @param k from 1
   * @param labels {@code [batch]}: class indices
   * @param scores {@code [batch, classes]}: logits or probabilities
   */
  public Metric topKAccuracy(
      int k, Operand<? extends TIntegral> labels, Operand<? extends TNumber> scores) {
    if (k < 1) {
      throw new TrialException("Cannot build metric topKAccuracy: expected k from 1, found " + k);
    }
    return ofClasses("topKAccuracy", labels, scores, new AccuracyReducer(k));
  }

  /**
   * The counts of examples by label (rows) and class of the largest score (columns): an array
   * {@code [classes, classes]}.
   *
   * @param labels {@code [batch]}: class indices
   * @param scores {@code [batch, classes]}: logits or probabilities
   */
  public Metric confusionMatrix(
      Operand<? extends TIntegral> labels, Operand<? extends TNumber> scores) {
    MetricShapes.checkClasses("confusionMatrix", labels, scores);
    return Metric.array(
        weighted(pair(labels, ClassScores.SCORES, scores)),
        new ConfusionReducer.Matrix(MetricShapes.classes(scores)));
  }

  /**
   * The precision of several classes: of the examples in which a class has the largest score, the
   * share of which it is the label; 0 for a class that is predicted nowhere.
   *
   * @param average how it is averaged over the classes
   * @param labels {@code [batch]}: class indices
   * @param scores {@code [batch, classes]}: logits or probabilities
   */
  public Metric precision(
      Average average, Operand<? extends TIntegral> labels, Operand<? extends TNumber> scores) {
    return averaged("precision", Hits.Ratio.PRECISION, average, labels, scores);
  }

  /**
   * The recall of several classes: of the examples of a class, the share in which it has the
   * largest score; 0 for a class that is no label.
   *
   * @param average how it is averaged over the classes
   * @param labels {@code [batch]}: class indices
   * @param scores {@code [batch, classes]}: logits or probabilities
   */
  public Metric recall(
      Average average, Operand<? extends TIntegral> labels, Operand<? extends TNumber> scores) {
    return averaged("recall", Hits.Ratio.RECALL, average, labels, scores);
  }

  /**
   * F1 of several classes: the harmonic mean of precision and recall of each class, averaged.
   *
   * @param average how it is averaged over the classes
   * @param labels {@code [batch]}: class indices
   * @param scores {@code [batch, classes]}: logits or probabilities
   */
  public Metric f1(
      Average average, Operand<? extends TIntegral> labels, Operand<? extends TNumber> scores) {
    return averaged("f1", Hits.Ratio.F1, average, labels, scores);
  }

  private Metric averaged(
      String metric, Hits.Ratio ratio, Average average, Operand<?> labels, Operand<?> scores) {
    int classes = MetricShapes.classes(scores);
    return ofClasses(
        metric, labels, scores, new ConfusionReducer.OfClasses(classes, ratio, average));
  }

  /** {@link #binaryAccuracy(Operand, Operand, double)} with the threshold 0.5. */
  public Metric binaryAccuracy(
      Operand<? extends TType> labels, Operand<? extends TNumber> probabilities) {
    return binaryAccuracy(labels, probabilities, 0.5);
  }

  /**
   * The share of examples of two classes whose score is on their label's side of the threshold.
   *
   * @param labels {@code [batch]}: 0 and 1, or bools
   * @param scores {@code [batch]} or {@code [batch, 1]}: a score above the threshold says 1
   * @param threshold 0 for logits, 0.5 for probabilities
   */
  public Metric binaryAccuracy(
      Operand<? extends TType> labels, Operand<? extends TNumber> scores, double threshold) {
    return binary(BinaryReducer.Statistic.ACCURACY, "binaryAccuracy", labels, scores, threshold);
  }

  /** {@link #precision(Operand, Operand, double)} with the threshold 0.5. */
  public Metric precision(
      Operand<? extends TType> labels, Operand<? extends TNumber> probabilities) {
    return precision(labels, probabilities, 0.5);
  }

  /**
   * Of the examples whose score is above the threshold, the share whose label is 1; 0 if there are
   * none.
   *
   * @param labels {@code [batch]}: 0 and 1, or bools
   * @param scores {@code [batch]} or {@code [batch, 1]}
   * @param threshold 0 for logits, 0.5 for probabilities
   */
  public Metric precision(
      Operand<? extends TType> labels, Operand<? extends TNumber> scores, double threshold) {
    return binary(BinaryReducer.Statistic.PRECISION, "precision", labels, scores, threshold);
  }

  /** {@link #recall(Operand, Operand, double)} with the threshold 0.5. */
  public Metric recall(Operand<? extends TType> labels, Operand<? extends TNumber> probabilities) {
    return recall(labels, probabilities, 0.5);
  }

  /**
   * Of the examples whose label is 1, the share whose score is above the threshold; 0 if there are
   * none.
   *
   * @param labels {@code [batch]}: 0 and 1, or bools
   * @param scores {@code [batch]} or {@code [batch, 1]}
   * @param threshold 0 for logits, 0.5 for probabilities
   */
  public Metric recall(
      Operand<? extends TType> labels, Operand<? extends TNumber> scores, double threshold) {
    return binary(BinaryReducer.Statistic.RECALL, "recall", labels, scores, threshold);
  }

  /** {@link #f1(Operand, Operand, double)} with the threshold 0.5. */
  public Metric f1(Operand<? extends TType> labels, Operand<? extends TNumber> probabilities) {
    return f1(labels, probabilities, 0.5);
  }

  /**
   * The harmonic mean of {@link #precision(Operand, Operand, double) precision} and {@link
   * #recall(Operand, Operand, double) recall} of two classes; 0 if neither is defined.
   *
   * @param labels {@code [batch]}: 0 and 1, or bools
   * @param scores {@code [batch]} or {@code [batch, 1]}
   * @param threshold 0 for logits, 0.5 for probabilities
   */
  public Metric f1(
      Operand<? extends TType> labels, Operand<? extends TNumber> scores, double threshold) {
    return binary(BinaryReducer.Statistic.F1, "f1", labels, scores, threshold);
  }

  private Metric binary(
      BinaryReducer.Statistic statistic,
      String metric,
      Operand<?> labels,
      Operand<?> scores,
      double threshold) {
    MetricShapes.checkPairs(metric, labels, scores);
    return Metric.scalar(
        weighted(pair(labels, ClassScores.SCORES, scores)),
        new BinaryReducer(statistic, threshold));
  }

  /** {@link #rocAuc(Operand, Operand, int)} with {@link #DEFAULT_BINS}. */
  public Metric rocAuc(Operand<? extends TType> labels, Operand<? extends TNumber> scores) {
    return rocAuc(labels, scores, DEFAULT_BINS);
  }

  /**
   * The area under the receiver operating characteristic: the probability that an example with
   * label 1 has a higher score than one with label 0, equal scores counting half. NaN where one of
   * the labels does not occur.
   *
   * <p>Exact as long as there are no more different scores than bins (float64 scores that agree in
   * their first 51 bits are taken for equal). With more, scores that agree in their first bits
   * share a bin, and a pair of examples in one bin counts half: with p<sub>b</sub> of the P
   * examples with label 1 and n<sub>b</sub> of the N with label 0 in bin b, the error is at most
   * {@code ½ Σ p_b n_b / (P N)}, since each such pair is wrong by ½ at most. It is never above half
   * the largest share of either label in one bin. The bins are finest near 0 and near 1, follow the
   * magnitude of logits, and are the finest of their kind for which all scores fit, so more than
   * half of them are in use; they are the same for every number of slots and every order of the
   * batches.
   *
   * @param labels {@code [batch]}: 0 and 1, or bools
   * @param scores {@code [batch]} or {@code [batch, 1]}: logits or probabilities
   * @param bins from 2; a slot's state has at most 24 bytes for each
   */
  public Metric rocAuc(
      Operand<? extends TType> labels, Operand<? extends TNumber> scores, int bins) {
    return curve("rocAuc", CurveReducer.Curve.ROC, labels, scores, bins);
  }

  /** {@link #prAuc(Operand, Operand, int)} with {@link #DEFAULT_BINS}. */
  public Metric prAuc(Operand<? extends TType> labels, Operand<? extends TNumber> scores) {
    return prAuc(labels, scores, DEFAULT_BINS);
  }

  /**
   * The area under the curve of precision over recall, as average precision: the mean, over the
   * examples with label 1, of the precision at their score as threshold ({@code
   * sklearn.metrics.average_precision_score}). Lines between the curve's points would promise more
   * than can be reached (Davis and Goadrich, 2006). NaN where there is no label 1.
   *
   * <p>Exact as long as there are no more different scores than bins, which are those of {@link
   * #rocAuc(Operand, Operand, int)}. With more, the precision at a positive in bin b is taken at
   * the bin's end. It lies, as that does, between {@code T/(T + F + n_b)} and {@code (T + p_b)/(T +
   * p_b + F)} with T examples of label 1 and F of label 0 in the bins above, so the error is at
   * most the mean over the examples with label 1 of the difference between the two.
   *
   * @param labels {@code [batch]}: 0 and 1, or bools
   * @param scores {@code [batch]} or {@code [batch, 1]}: logits or probabilities
   * @param bins from 2; a slot's state has at most 24 bytes for each
   */
  public Metric prAuc(
      Operand<? extends TType> labels, Operand<? extends TNumber> scores, int bins) {
    return curve("prAuc", CurveReducer.Curve.PRECISION_RECALL, labels, scores, bins);
  }

  private Metric curve(
      String metric, CurveReducer.Curve curve, Operand<?> labels, Operand<?> scores, int bins) {
    MetricShapes.checkPairs(metric, labels, scores);
    if (bins < 2) {
      throw new TrialException(
          "Cannot build metric " + metric + ": expected at least 2 bins, found " + bins);
    }
    return Metric.scalar(
        weighted(pair(labels, ClassScores.SCORES, scores)), new CurveReducer(curve, bins));
  }

  /**
   * The mean of the squared differences of all elements.
   *
   * @param labels any shape
   * @param predictions as many elements as labels
   */
  public Metric meanSquaredError(
      Operand<? extends TNumber> labels, Operand<? extends TNumber> predictions) {
    return regression(
        "meanSquaredError", labels, predictions, new ErrorReducer(ErrorReducer.Kind.SQUARED));
  }

  /**
   * The square root of {@link #meanSquaredError} over all examples.
   *
   * @param labels any shape
   * @param predictions as many elements as labels
   */
  public Metric rootMeanSquaredError(
      Operand<? extends TNumber> labels, Operand<? extends TNumber> predictions) {
    return regression(
        "rootMeanSquaredError",
        labels,
        predictions,
        new ErrorReducer(ErrorReducer.Kind.ROOT_SQUARED));
  }

  /**
   * The mean of the absolute differences of all elements.
   *
   * @param labels any shape
   * @param predictions as many elements as labels
   */
  public Metric meanAbsoluteError(
      Operand<? extends TNumber> labels, Operand<? extends TNumber> predictions) {
    return regression(
        "meanAbsoluteError", labels, predictions, new ErrorReducer(ErrorReducer.Kind.ABSOLUTE));
  }

  /**
   * The coefficient of determination: 1 - (sum of squared errors) / (sum of squared deviations of
   * the labels from their mean). Where all labels are equal, 1 if there is no error and else 0, as
   * in scikit-learn.
   *
   * @param labels any shape
   * @param predictions as many elements as labels
   */
  public Metric r2(Operand<? extends TNumber> labels, Operand<? extends TNumber> predictions) {
    return regression("r2", labels, predictions, new R2Reducer());
  }

  private Metric regression(
      String metric, Operand<?> labels, Operand<?> predictions, MetricReducer<?> reducer) {
    MetricShapes.checkPairs(metric, labels, predictions);
    return Metric.scalar(weighted(pair(labels, Differences.PREDICTIONS, predictions)), reducer);
  }

  private Metric ofClasses(
      String metric, Operand<?> labels, Operand<?> scores, MetricReducer<?> reducer) {
    MetricShapes.checkClasses(metric, labels, scores);
    return Metric.scalar(weighted(pair(labels, ClassScores.SCORES, scores)), reducer);
  }

  private Metric ofValues(Operand<?> values, MetricReducer<?> reducer) {
    return Metric.scalar(weighted(Map.of(Metric.ONLY_VALUE, values)), reducer);
  }

  private static Map<String, Operand<?>> pair(Operand<?> labels, String other, Operand<?> others) {
    return Map.of(ClassScores.LABELS, labels, other, others);
  }

  private Map<String, Operand<?>> weighted(Map<String, Operand<?>> values) {
    Map<String, Operand<?>> all = new LinkedHashMap<>(values);
    if (weights != null) {
      all.put(ElementWeights.NAME, weights);
    }
    return all;
  }
}
