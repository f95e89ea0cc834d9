package dev.muster.trial;

import dev.muster.trial.layer.Initializer;
import dev.muster.trial.layer.Layers;
import dev.muster.trial.layer.Losses;
import dev.muster.trial.layer.Variables;
import dev.muster.trial.metric.Metrics;
import dev.muster.trial.optimizer.Optimizers;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/**
 * One graph of the model while the model function runs: its inputs, and everything that adds ops.
 * Confined to the thread that runs the model function.
 */
public final class ModelScope {
  private final Graph graph;
  private final Mode mode;
  private final Map<String, Object> params;
  private final Map<String, Operand<?>> features;
  private final Map<String, Operand<?>> labels;
  private final Ops tf;
  private final Variables variables;

  /**
   * A scope on an empty graph; Muster makes it.
   *
   * @param graph of this mode
   * @param mode what the graph is built for
   * @param params the hyperparameters
   * @param features the inputs by name
   * @param labels the targets by name, empty in {@link Mode#PREDICT}
   * @param variables of the graph
   */
  public ModelScope(
      Graph graph,
      Mode mode,
      Map<String, Object> params,
      Map<String, Operand<?>> features,
      Map<String, Operand<?>> labels,
      Variables variables) {
    this.graph = graph;
    this.mode = mode;
    this.params = params;
    this.features = Collections.unmodifiableMap(new LinkedHashMap<>(features));
    this.labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    this.tf = Ops.create(graph);
    this.variables = variables;
  }

  /** TensorFlow's ops, adding to this graph. */
  public Ops tf() {
    return tf;
  }

  /** What the graph is built for. */
  public Mode mode() {
    return mode;
  }

  /** The hyperparameters; groups are nested maps. */
  public Map<String, Object> params() {
    return params;
  }

  /** The features' names. */
  public Set<String> features() {
    return features.keySet();
  }

  /**
   * A feature.
   *
   * @param name as declared in the data set, or in the serving receiver
   * @param type as declared there
   * @return {@code [batch, …]}
   * @throws TrialException if there is no such feature, or it has another type
   */
  public <T extends TType> Operand<T> feature(String name, Class<T> type) {
    return input("feature", name, type, features);
  }

  /**
   * A label; there are none in {@link Mode#PREDICT}.
   *
   * @param name as declared in the data set
   * @param type as declared there
   * @return {@code [batch, …]}
   * @throws TrialException if there is no such label, or it has another type
   */
  public <T extends TType> Operand<T> label(String name, Class<T> type) {
    if (mode == Mode.PREDICT) {
      throw new TrialException(
          "Cannot read label '"
              + name
              + "': there are no labels in mode PREDICT; return the PREDICT specification before"
              + " labels are read");
    }
    return input("label", name, type, labels);
  }

  @SuppressWarnings("unchecked") // compared with the output's own type
  private <T extends TType> Operand<T> input(
      String kind, String name, Class<T> type, Map<String, Operand<?>> inputs) {
    Operand<?> input = inputs.get(name);
    if (input == null) {
      throw new TrialException(
          "Cannot read "
              + kind
              + " '"
              + name
              + "' in mode "
              + mode
              + ": there is none, found "
              + inputs.keySet()
              + "; correct the name, or declare it in the data set by Dataset."
              + kind
              + (mode == Mode.PREDICT ? ", and in the serving input receiver" : ""));
    }
    if (!input.type().equals(type)) {
      throw new TrialException(
          "Cannot read "
              + kind
              + " '"
              + name
              + "' as "
              + type.getSimpleName()
              + ": it is declared as "
              + input.type().getSimpleName());
    }
    return (Operand<T>) input;
  }

  /**
   * A float32 variable that optimizers train.
   *
   * @param name its exact name in the graph and in checkpoints
   * @param shape fully known
   * @param initializer its initial value
   */
  public Operand<TFloat32> variable(String name, Shape shape, Initializer initializer) {
    return variables.trainable(name, shape, initializer);
  }

  /** The number of steps that were trained before this one: an int64 scalar. */
  public Operand<TInt64> globalStep() {
    return variables.globalStep();
  }

  /** Layers with variables of their own. */
  public Layers layers() {
    return new Layers(tf, variables);
  }

  /** Losses, each the mean over the batch. */
  public Losses losses() {
    return new Losses(tf);
  }

  /** Validation metrics. */
  public Metrics metrics() {
    return new Metrics(tf);
  }

  /** Optimizers, to be wrapped by {@link EstimatorTrialContext#wrapOptimizer}. */
  public Optimizers optimizers() {
    return new Optimizers(graph, variables);
  }
}
