package dev.muster.trial;

/** What a graph of the model is built for. */
public enum Mode {
  /** Training: the loss and a training op. */
  TRAIN,
  /** Validation: the loss and metrics. */
  EVAL,
  /** Serving: named outputs; there are no labels. */
  PREDICT
}
