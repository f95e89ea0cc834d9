package dev.muster.trial.metric;

/** The mean of a function of the difference between label and prediction. */
final class ErrorReducer extends SumsReducer {
  private static final long serialVersionUID = 1L;

  /** What is averaged. */
  enum Kind {
    SQUARED,
    ROOT_SQUARED,
    ABSOLUTE
  }

  private final Kind kind;

  ErrorReducer(Kind kind) {
    super(2);
    this.kind = kind;
  }

  @Override
  public double[] accumulate(double[] soFar, BatchValues batch) {
    Differences differences = new Differences(batch);
    for (int i = 0; i < differences.elements(); i++) {
      double weight = differences.weight(i);
      if (weight != 0) {
        double error = differences.prediction(i) - differences.label(i);
        soFar[0] += weight * (kind == Kind.ABSOLUTE ? Math.abs(error) : error * error);
        soFar[1] += weight;
      }
    }
    return soFar;
  }

  @Override
  public MetricValue result(double[] merged) {
    double mean = merged[0] / merged[1];
    return MetricValue.scalar(kind == Kind.ROOT_SQUARED ? Math.sqrt(mean) : mean);
  }
}
