package dev.muster.trial.data;

import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;

/**
 * Makes features and labels of a data set's columns by ops of the graph; see {@link
 * Dataset#map(GraphMap)}. Called on the driver and in each slot when a TRAIN or EVAL graph is
 * built, not for each batch.
 */
@FunctionalInterface
public interface GraphMap {
  /**
   * The features and labels.
   *
   * @param tf makes ops of the graph; they run in each step, before the model's, and random ones
   *     draw as the model's do: by seed, rank and step
   * @param columns the features and labels by name, each {@code [batch, …shape]}; a map of its own,
   *     which may be changed and returned
   * @return the features and labels by name, each with the batch dimension first and as many rows
   *     as before. A name of a label column is a label, any other is a feature; what is left out is
   *     dropped
   */
  Map<String, ? extends Operand<?>> apply(Ops tf, Map<String, Operand<?>> columns);
}
