package dev.muster.trial.metric;

import dev.muster.trial.TrialException;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;

/** Refuses tensors that do not go together, as far as their shapes are known in the graph. */
final class MetricShapes {
  private MetricShapes() {}

  /** Class indices and scores by class. */
  static void checkClasses(String metric, Operand<?> labels, Operand<?> scores) {
    Shape ofLabels = labels.asOutput().shape();
    Shape ofScores = scores.asOutput().shape();
    if (ofScores.isUnknown() || ofLabels.isUnknown()) {
      return;
    }
    int rank = ofScores.numDimensions();
    boolean oneHot = ofLabels.numDimensions() == rank && rank > 0 && ofLabels.size(rank - 1) > 1;
    if (rank < 2 || oneHot || ofLabels.numDimensions() > rank) {
      throw new TrialException(
          "Cannot build metric "
              + metric
              + ": expected class indices of shape [batch] and scores of shape [batch, classes], found"
              + " labels of shape "
              + ofLabels
              + " and scores of shape "
              + ofScores
              + (oneHot ? "; hand in the index of the class instead of one-hot labels" : ""));
    }
  }

  /** Two tensors whose elements belong together, one by one. */
  static void checkPairs(String metric, Operand<?> labels, Operand<?> others) {
    long ofLabels = perExample(labels.asOutput().shape());
    long ofOthers = perExample(others.asOutput().shape());
    if (ofLabels > 0 && ofOthers > 0 && ofLabels != ofOthers) {
      throw new TrialException(
          "Cannot build metric "
              + metric
              + ": expected as many elements for each example, found labels of shape "
              + labels.asOutput().shape()
              + " and predictions of shape "
              + others.asOutput().shape());
    }
  }

  /** The number of classes, 0 if only a batch tells. */
  static int classes(Operand<?> scores) {
    Shape shape = scores.asOutput().shape();
    return shape.isUnknown() || shape.numDimensions() == 0
        ? 0
        : (int) Math.max(0, shape.size(shape.numDimensions() - 1));
  }

  /** The elements of one example, or -1 if only a batch tells. */
  private static long perExample(Shape shape) {
    if (shape.isUnknown() || shape.numDimensions() == 0) {
      return -1;
    }
    long elements = 1;
    for (int i = 1; i < shape.numDimensions(); i++) {
      elements = shape.size(i) < 0 ? -1 : elements * shape.size(i);
      if (elements < 0) {
        return -1;
      }
    }
    return elements;
  }
}
