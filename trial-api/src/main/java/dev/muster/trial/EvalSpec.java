package dev.muster.trial;

import dev.muster.trial.data.Dataset;
import java.util.Objects;

/** The validation data, all of which is read in each validation. Immutable. */
public final class EvalSpec {
  private final Dataset dataset;

  private EvalSpec(Dataset dataset) {
    this.dataset = dataset;
  }

  /**
   * Validation on this data set.
   *
   * @param dataset wrapped by {@link EstimatorTrialContext#wrapDataset}
   */
  public static EvalSpec of(Dataset dataset) {
    return new EvalSpec(Objects.requireNonNull(dataset, "dataset"));
  }

  /** The validation data. */
  public Dataset dataset() {
    return dataset;
  }
}
