package dev.muster.trial;

import dev.muster.trial.layer.Initializer;
import dev.muster.trial.layer.Layers;
import dev.muster.trial.layer.Losses;
import dev.muster.trial.layer.Preprocessing;
import dev.muster.trial.layer.Variables;
import dev.muster.trial.metric.Metrics;
import dev.muster.trial.optimizer.Optimizers;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;
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
  private final Layers layers;
  private final Assets assets = new Assets();

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
    this.layers =
        mode == Mode.TRAIN ? Layers.forTraining(tf, variables) : Layers.forInference(tf, variables);
  }

  /**
   * TensorFlow's ops, adding to this graph.
   *
   * <p>Random ops ({@code tf().random…}) draw by the trial's seed, their own seeds and name, the
   * slot's rank and the global step alone: each slot draws its own numbers, two ops of one seed do
   * not draw the same, and a resumed trial draws what an uninterrupted one would have drawn. In
   * EVAL the number of the batch takes the step's place. What initial values are drawn from is the
   * same in all slots. PREDICT graphs draw as TensorFlow does.
   */
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
   * A sparse feature, declared by {@code Dataset.sparseFeature}.
   *
   * @param name as declared in the data set
   * @param type as declared there
   * @throws TrialException if there is no such sparse feature, or it has another type
   */
  public <T extends TType> SparseFeature<T> sparseFeature(String name, Class<T> type) {
    if (features.containsKey(name) && !features.containsKey(name + "/indices")) {
      throw new TrialException(
          "Cannot read feature '" + name + "' as sparse: it is dense; read it by feature()");
    }
    return new SparseFeature<>(
        feature(name + "/indices", TInt64.class),
        feature(name + "/values", type),
        feature(name + "/shape", TInt64.class));
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
    if (input == null && inputs.containsKey(name + "/indices")) {
      throw new TrialException(
          "Cannot read " + kind + " '" + name + "': it is sparse; read it by sparseFeature()");
    }
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
              + input.type().getSimpleName()
              + "; read it as that, or declare it otherwise by Dataset."
              + kind
              + (mode == Mode.PREDICT ? " and in buildServingInputReceivers()" : ""));
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

  /**
   * The lines of a vocabulary file, which each SavedModel carries along in its directory {@code
   * assets}, under the file's name.
   *
   * @param file in UTF-8, one term a line, on the driver and on every executor; it is read whenever
   *     a graph is built, and must hold the same each time. A served model needs it no more
   * @return the terms in order, as the layers that look up strings take them
   * @throws TrialException if it cannot be read, or another file of the same name was read before
   */
  public List<String> vocabularyFile(Path file) {
    return assets.vocabulary(file);
  }

  /** The content of the files that were read by {@link #vocabularyFile}, by name; for Muster. */
  public Map<String, byte[]> assets() {
    return assets.files();
  }

  /** The number of steps that were trained before this one: an int64 scalar. */
  public Operand<TInt64> globalStep() {
    return variables.globalStep();
  }

  /**
   * A float32 variable that no optimizer trains, such as a moving average or a temperature. What
   * {@link #onStep} assigns to it may differ between slots; Muster averages it over the slots
   * before a validation and a checkpoint.
   *
   * @param name its exact name in the graph and in checkpoints
   * @param shape fully known
   * @param initializer its initial value
   * @return the variable itself, to be assigned to and read
   */
  public Operand<TFloat32> untrainedVariable(String name, Shape shape, Initializer initializer) {
    return variables.statistic(name, shape, initializer);
  }

  /**
   * Has every training step run an op, such as the update of an {@link #untrainedVariable}: in each
   * batch, whatever {@code optimizations.aggregation_frequency} is, but not in a slot whose batch
   * has no records. Of no effect in EVAL and PREDICT.
   *
   * @param update makes the op; called once the model is complete, with ops that wait until the
   *     step's gradients are exchanged: whatever assigns must be made by them
   */
  public void onStep(Function<Ops, Op> update) {
    if (mode == Mode.TRAIN) {
      variables.onStep(update);
    }
  }

  /** Layers with variables of their own. */
  public Layers layers() {
    return layers;
  }

  /**
   * The sum of the penalties that the layers' regularizers put on their weights so far, a scalar;
   * zero without any. Nothing adds it to the loss but the model function: {@code
   * m.tf().math.add(loss, m.regularization())}.
   */
  public Operand<TFloat32> regularization() {
    return layers.regularization();
  }

  /** What makes ids and numbers of raw features. */
  public Preprocessing preprocessing() {
    return new Preprocessing(tf);
  }

  /** Losses, each the mean over the batch. */
  public Losses losses() {
    return new Losses(tf);
  }

  /**
   * Reports a number of each training batch: a training metric of this name, its mean over the
   * workload's batches and all slots weighted by their examples. The same as a {@code
   * ScalarSummary} op of one's own; in other modes than {@link Mode#TRAIN} it reports nothing.
   *
   * <p>What the loss depends on is the value before the step's update; what else is computed from
   * variables may be the value before or after it.
   *
   * @param name not {@code loss}, and none that another summary has
   * @param value a scalar
   * @throws TrialException if the value is not a scalar
   */
  public void summary(String name, Operand<? extends TNumber> value) {
    Shape shape = value.asOutput().shape();
    if (shape.isUnknown() || shape.numDimensions() > 0) {
      throw new TrialException(
          "Cannot report summary '"
              + name
              + "': expected a scalar, found shape "
              + shape
              + "; reduce it to one number, e.g. by tf().math.mean");
    }
    tf.summary.scalarSummary(tf.constant(name), value);
  }

  /** Validation metrics. */
  public Metrics metrics() {
    return new Metrics();
  }

  /** Optimizers, to be wrapped by {@link EstimatorTrialContext#wrapOptimizer}. */
  public Optimizers optimizers() {
    return new Optimizers(graph, variables);
  }
}
