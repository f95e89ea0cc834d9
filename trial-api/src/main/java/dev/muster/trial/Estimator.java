package dev.muster.trial;

import java.util.Objects;

/** A model function and how it is run. Immutable. */
public final class Estimator {
  private final ModelFunction model;
  private final RunConfig config;

  private Estimator(ModelFunction model, RunConfig config) {
    this.model = model;
    this.config = config;
  }

  /** An estimator with this model function and the default {@link RunConfig}. */
  public static Estimator of(ModelFunction model) {
    return of(model, RunConfig.defaults());
  }

  /** An estimator with this model function. */
  public static Estimator of(ModelFunction model, RunConfig config) {
    return new Estimator(
        Objects.requireNonNull(model, "model"), Objects.requireNonNull(config, "config"));
  }

  /** The function that builds the model in a graph. */
  public ModelFunction model() {
    return model;
  }

  /** How it is run. */
  public RunConfig config() {
    return config;
  }
}
