package dev.muster.trial;

/** Builds the model in one graph: once for each {@link Mode}, in every slot and on the driver. */
@FunctionalInterface
public interface ModelFunction {
  /**
   * Builds the ops of one mode.
   *
   * @param scope the graph's inputs, ops, layers, losses, metrics and optimizers
   * @return the specification of {@link ModelScope#mode()}: {@link EstimatorSpec#train}, {@link
   *     EstimatorSpec#eval} or {@link EstimatorSpec#predict}
   */
  EstimatorSpec build(ModelScope scope);
}
