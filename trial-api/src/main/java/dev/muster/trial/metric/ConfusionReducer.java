package dev.muster.trial.metric;

import dev.muster.trial.TrialException;
import java.util.Arrays;

/**
 * Counts by label and predicted class. The state is row-major, {@code [classes, classes]}, rows are
 * labels; empty before the first batch unless the number of classes is known before.
 */
abstract class ConfusionReducer implements MergeableReducer<double[]> {
  private static final long serialVersionUID = 1L;

  private final int classes;

  /** Counts of so many classes, 0 where only the batches tell. */
  ConfusionReducer(int classes) {
    this.classes = classes;
  }

  @Override
  public final double[] empty() {
    return new double[classes * classes];
  }

  @Override
  public final double[] accumulate(double[] soFar, BatchValues batch) {
    ClassScores scores = new ClassScores(batch);
    int columns = scores.classes();
    double[] state = merge(new double[columns * columns], soFar);
    ElementWeights weights = ElementWeights.of(batch, scores.examples());
    for (int i = 0; i < scores.examples(); i++) {
      double weight = weights.of(i);
      if (weight != 0) {
        int cell = scores.label(i) * columns + scores.predicted(i);
        state[cell] += scores.isUnknown(i) ? Double.NaN : weight;
      }
    }
    return state;
  }

  @Override
  public final double[] merge(double[] a, double[] b) {
    if (a.length == 0 || b.length == 0) {
      return a.length == 0 ? b : a;
    }
    if (a.length != b.length) {
      throw new TrialException(
          "Cannot count by class: one batch has scores of "
              + side(a)
              + " classes, another of "
              + side(b));
    }
    for (int i = 0; i < a.length; i++) {
      a[i] += b[i];
    }
    return a;
  }

  private static int side(double[] state) {
    return (int) Math.round(Math.sqrt(state.length));
  }

  @Override
  public final MetricValue result(double[] merged) {
    int side = side(merged);
    double[][] matrix = new double[side][];
    boolean unknown = Arrays.stream(merged).anyMatch(Double::isNaN);
    for (int row = 0; row < side; row++) {
      matrix[row] = Arrays.copyOfRange(merged, row * side, (row + 1) * side);
      if (unknown) {
        Arrays.fill(matrix[row], Double.NaN);
      }
    }
    return statistic(matrix);
  }

  /**
   * What is made of the counts.
   *
   * @param matrix by label, then by predicted class; all NaN if a score was
   */
  abstract MetricValue statistic(double[][] matrix);

  /** The counts themselves. */
  static final class Matrix extends ConfusionReducer {
    private static final long serialVersionUID = 1L;

    Matrix(int classes) {
      super(classes);
    }

    @Override
    MetricValue statistic(double[][] matrix) {
      return MetricValue.matrix(matrix);
    }
  }

  /** A ratio of each class, averaged. */
  static final class OfClasses extends ConfusionReducer {
    private static final long serialVersionUID = 1L;

    private final Hits.Ratio ratio;
    private final Average average;

    OfClasses(int classes, Hits.Ratio ratio, Average average) {
      super(classes);
      this.ratio = ratio;
      this.average = average;
    }

    @Override
    MetricValue statistic(double[][] matrix) {
      double hits = 0;
      double all = 0;
      double sum = 0;
      double weights = 0;
      for (int c = 0; c < matrix.length; c++) {
        Hits counts = hits(matrix, c);
        hits += counts.hits();
        all += counts.positives();
        double weight =
            switch (average) {
              case MACRO -> counts.found() + counts.positives() == 0 ? 0 : 1;
              case WEIGHTED -> counts.positives();
              case MICRO -> 0;
            };
        sum += ratio.of(counts) * weight;
        weights += weight;
      }
      if (Double.isNaN(all)) {
        return MetricValue.scalar(Double.NaN);
      }
      return MetricValue.scalar(average == Average.MICRO ? hits / all : sum / weights);
    }

    private static Hits hits(double[][] matrix, int c) {
      double found = 0;
      double positives = 0;
      for (int other = 0; other < matrix.length; other++) {
        found += matrix[other][c];
        positives += matrix[c][other];
      }
      return new Hits(matrix[c][c], found, positives);
    }
  }
}
