package dev.muster.trial;

import java.util.Map;
import java.util.Objects;

/**
 * A model, its optimizer, data, metrics and hooks: one training run with one set of
 * hyperparameters.
 *
 * <p>A subclass is public and has a public constructor that takes an {@link EstimatorTrialContext}.
 * Muster calls it once on the driver and once in each slot, then {@link #buildEstimator()}, {@link
 * #buildTrainSpec()}, {@link #buildValidationSpec()} and {@link #buildServingInputReceivers()}, in
 * this order and on one thread.
 */
public abstract class EstimatorTrial {
  private final EstimatorTrialContext context;

  /**
   * Keeps the context for {@link #context()}.
   *
   * @param context the trial's view of its experiment and slot, never null
   */
  protected EstimatorTrial(EstimatorTrialContext context) {
    this.context = Objects.requireNonNull(context, "context");
  }

  /** The trial's view of its experiment and slot. */
  protected final EstimatorTrialContext context() {
    return context;
  }

  /** The model: called once in each process that builds the trial. */
  public abstract Estimator buildEstimator();

  /**
   * The training data, wrapped by {@link EstimatorTrialContext#wrapDataset}, and the hooks. The
   * data set repeats for ever after its own pipeline; the length of the training comes from the
   * experiment's searcher.
   */
  public abstract TrainSpec buildTrainSpec();

  /**
   * The validation data, wrapped by {@link EstimatorTrialContext#wrapDataset}. Each validation
   * reads all of it once.
   */
  public abstract EvalSpec buildValidationSpec();

  /**
   * What a served model is fed with. Each checkpoint holds one SavedModel per entry, in a
   * sub-directory named by the key. Without an entry one is derived from the features of the
   * training data set and named {@code default}.
   */
  public Map<String, ServingInputReceiver> buildServingInputReceivers() {
    return Map.of();
  }
}
