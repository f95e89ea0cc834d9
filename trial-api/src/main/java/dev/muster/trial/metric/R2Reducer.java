package dev.muster.trial.metric;

/**
 * The coefficient of determination. The state is: weight, mean of the labels, weighted squares of
 * their deviations from it, weighted squares of the errors. Means and squares are brought together
 * as by Chan, Golub and LeVeque (1979), which loses nothing where the labels are far from 0.
 */
final class R2Reducer implements MergeableReducer<double[]> {
  private static final long serialVersionUID = 1L;

  private static final int WEIGHT = 0;
  private static final int MEAN = 1;
  private static final int DEVIATIONS = 2;
  private static final int ERRORS = 3;

  @Override
  public double[] empty() {
    return new double[4];
  }

  @Override
  public double[] accumulate(double[] soFar, BatchValues batch) {
    Differences differences = new Differences(batch);
    double[] state = soFar;
    for (int i = 0; i < differences.elements(); i++) {
      double weight = differences.weight(i);
      if (weight != 0) {
        double label = differences.label(i);
        double error = differences.prediction(i) - label;
        state = merge(state, new double[] {weight, label, 0, weight * error * error});
      }
    }
    return state;
  }

  @Override
  public double[] merge(double[] a, double[] b) {
    if (a[WEIGHT] == 0 || b[WEIGHT] == 0) {
      return a[WEIGHT] == 0 ? b : a;
    }
    double weight = a[WEIGHT] + b[WEIGHT];
    double apart = b[MEAN] - a[MEAN];
    a[DEVIATIONS] += b[DEVIATIONS] + apart * apart * (a[WEIGHT] * b[WEIGHT] / weight);
    a[MEAN] += apart * (b[WEIGHT] / weight);
    a[ERRORS] += b[ERRORS];
    a[WEIGHT] = weight;
    return a;
  }

  @Override
  public MetricValue result(double[] merged) {
    double errors = merged[ERRORS];
    double deviations = merged[DEVIATIONS];
    if (merged[WEIGHT] == 0 || Double.isNaN(errors) || Double.isNaN(deviations)) {
      return MetricValue.scalar(Double.NaN);
    }
    if (deviations == 0) {
      return MetricValue.scalar(errors == 0 ? 1 : 0);
    }
    return MetricValue.scalar(1 - errors / deviations);
  }
}
