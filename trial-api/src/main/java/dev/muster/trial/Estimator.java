package dev.muster.trial;

import java.util.Objects;

/** A model function. Immutable. */
public final class Estimator {
  private final ModelFunction model;

  private Estimator(ModelFunction model) {
    this.model = model;
  }

  /** An estimator with this model function. */
  public static Estimator of(ModelFunction model) {
    return new Estimator(Objects.requireNonNull(model, "model"));
  }

  /** The function that builds the model in a graph. */
  public ModelFunction model() {
    return model;
  }
}
