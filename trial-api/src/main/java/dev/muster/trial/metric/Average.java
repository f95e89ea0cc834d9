package dev.muster.trial.metric;

/** How a metric of one class becomes one of several classes; as in scikit-learn. */
public enum Average {
  /**
   * The plain mean over the classes that occur among labels or predictions: rare classes count as
   * much as frequent ones.
   */
  MACRO,
  /**
   * Over all decisions together. With one label for each example precision, recall and F1 are then
   * all equal to the accuracy.
   */
  MICRO,
  /** The mean over the classes, each weighted by how often it is the label. */
  WEIGHTED
}
