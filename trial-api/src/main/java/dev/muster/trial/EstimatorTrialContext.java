package dev.muster.trial;

import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.Sharding;
import dev.muster.trial.metric.Metric;
import dev.muster.trial.metric.MetricReducer;
import dev.muster.trial.metric.ReducerFunction;
import dev.muster.trial.optimizer.Optimizer;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Operand;

/**
 * A trial's view of its experiment and of the slot that it runs in. Muster makes it; a trial calls
 * it from the thread that built the trial, {@link #requestStop()} from any thread.
 */
public abstract class EstimatorTrialContext {
  /** For Muster's own implementations. */
  protected EstimatorTrialContext() {}

  /**
   * A context for debugging outside Spark: one slot, no cluster. It constructs a trial whose
   * methods are then called by hand; the test kit's {@code TrialTester} trains one.
   *
   * @param config the experiment's configuration as nested maps; {@code hyperparameters} must hold
   *     {@code global_batch_size}, all else may be missing
   * @throws TrialException if the configuration has problems, or neither the job's jar nor the test
   *     kit is on the class path
   */
  public static EstimatorTrialContext fromConfig(Map<String, ?> config) {
    return LocalContextProvider.find().context(config);
  }

  /**
   * As {@link #fromConfig(Map)}, from an experiment file.
   *
   * @param experimentFile YAML
   */
  public static EstimatorTrialContext fromConfig(Path experimentFile) {
    return LocalContextProvider.find().context(experimentFile);
  }

  /** The experiment's configuration as it is run, defaults filled in: nested maps and lists. */
  public abstract Map<String, Object> experimentConfig();

  /** The experiment's id: the name of its directory below the checkpoint storage. */
  public abstract String experimentId();

  /** The trial's number in its experiment, from 1. */
  public abstract int trialId();

  /** The seed of the trial's initial values and of its shuffling. */
  public abstract long trialSeed();

  /** All hyperparameters; groups are nested maps. */
  public abstract Map<String, Object> hparams();

  /**
   * A hyperparameter.
   *
   * @param name its name; one of a group as {@code group.name}
   * @throws TrialException if there is none of this name; the message lists near names
   */
  public abstract ConfigValue hparam(String name);

  /**
   * An entry of the configuration's {@code data}.
   *
   * @param name its name; one of a group as {@code group.name}
   * @throws TrialException if there is none of this name; the message lists near names
   */
  public abstract ConfigValue data(String name);

  /** Whether the configuration's {@code data} has an entry of this name. */
  public abstract boolean hasData(String name);

  /** The hyperparameter {@code global_batch_size}: the examples of one step over all slots. */
  public abstract int globalBatchSize();

  /** The examples of one step in one slot: {@link #globalBatchSize()} ÷ slots, rounded down. */
  public abstract int perSlotBatchSize();

  /** The number of batches that had been trained when this process took up the trial. */
  public abstract long initialBatch();

  /** Which slot this is. */
  public abstract Distributed distributed();

  /**
   * A local directory of this slot. What the chief writes there is copied to {@code
   * tensorboard/<trial id>/} of the experiment's directory at each checkpoint and when the trial is
   * complete; Muster's own summaries are there too, see {@link RunConfig#saveSummarySteps}. On the
   * other slots and on the driver nothing is copied.
   */
  public Path tensorBoardPath() {
    throw new TrialException("Cannot write for TensorBoard: this context has no directory for it");
  }

  /** Whether the trial was asked to stop. */
  public abstract boolean stopRequested();

  /**
   * Asks the trial to stop: all slots end their workload at the same step, a checkpoint is taken,
   * and the trial is complete.
   */
  public abstract void requestStop();

  /**
   * An optimizer whose gradients are averaged over the slots, weighted by their examples, before
   * they are applied. Called in the model function, any number of times. All wrapped optimizers of
   * a model update in the same step, from the weights before it, and each of them must be applied
   * and the training op depend on its update.
   *
   * <p>With {@code optimizations.aggregation_frequency} k, gradients are summed over k batches,
   * weighted by their examples, and exchanged and applied once, in the last of them: divided by k
   * where {@code average_aggregated_gradients} says so. The gradients of {@code computeGradients}
   * mean something in that batch alone. What {@code applyGradients} returns, and what the model
   * function has wait for it, runs in every batch all the same, as the global step advances in
   * every batch.
   *
   * @param optimizer from {@link ModelScope#optimizers()}; null for a model without an optimizer,
   *     whose {@code minimize} then does nothing
   */
  public abstract Optimizer wrapOptimizer(@Nullable Optimizer optimizer);

  /**
   * Refuses what is no optimizer of Muster's; there to say so.
   *
   * @param other anything else, such as an optimizer of tensorflow-framework
   * @throws TrialException always
   */
  public final Optimizer wrapOptimizer(Object other) {
    String found = other.getClass().getName();
    throw new TrialException(
        "Cannot wrap an optimizer of type "
            + found
            + (found.startsWith("org.tensorflow.framework.optimizers.")
                ? ": the updates of tensorflow-framework are not the same on every run, train every"
                    + " variable there is, and cannot wait for the exchange"
                : ": expected a dev.muster.trial.optimizer.Optimizer")
            + "; use one of m.optimizers(), e.g. m.optimizers().adam(rate)");
  }

  /** A data set whose records are shared out over the slots: record i goes to slot i mod size. */
  public abstract Dataset wrapDataset(Dataset dataset);

  /**
   * A data set with a say in how the slots share it: {@link Sharding#NONE} has every slot read all
   * of it.
   */
  public final Dataset wrapDataset(Dataset dataset, Sharding sharding) {
    return wrapDataset(dataset).wrapped(sharding);
  }

  /**
   * A metric of one tensor, read in the reducer as {@code batch.value()}.
   *
   * @param value any shape and type
   * @param reducer stateless; a {@link dev.muster.trial.metric.MergeableReducer} where states merge
   */
  public <S extends Serializable> Metric makeMetric(Operand<?> value, MetricReducer<S> reducer) {
    return Metric.of(Map.of(Metric.ONLY_VALUE, value), reducer);
  }

  /**
   * A metric of several tensors, read in the reducer as {@code batch.value(index)}.
   *
   * @param values any shapes and types; at least one
   * @param reducer stateless
   */
  public <S extends Serializable> Metric makeMetric(
      List<? extends Operand<?>> values, MetricReducer<S> reducer) {
    return Metric.of(values, reducer);
  }

  /**
   * A metric of several tensors, read in the reducer as {@code batch.value(name)}.
   *
   * @param values any shapes and types; at least one
   * @param reducer stateless
   */
  public <S extends Serializable> Metric makeMetric(
      Map<String, ? extends Operand<?>> values, MetricReducer<S> reducer) {
    return Metric.of(values, reducer);
  }

  /**
   * A metric of one tensor by a function of all batches, each read as {@code batch.value()}.
   *
   * @param value any shape and type
   * @param function gets the batches of all slots in slot-major order
   */
  public Metric makeMetric(Operand<?> value, ReducerFunction function) {
    return Metric.of(Map.of(Metric.ONLY_VALUE, value), function);
  }

  /**
   * A metric of several tensors by a function of all batches, each read as {@code
   * batch.value(index)}.
   *
   * @param values any shapes and types; at least one
   * @param function gets the batches of all slots in slot-major order
   */
  public Metric makeMetric(List<? extends Operand<?>> values, ReducerFunction function) {
    return Metric.of(values, function);
  }

  /**
   * A metric of several tensors by a function of all batches, each read as {@code
   * batch.value(name)}.
   *
   * @param values any shapes and types; at least one
   * @param function gets the batches of all slots in slot-major order
   */
  public Metric makeMetric(Map<String, ? extends Operand<?>> values, ReducerFunction function) {
    return Metric.of(values, function);
  }
}
