package dev.muster.trial;

import dev.muster.trial.data.Dataset;
import dev.muster.trial.metric.Metric;
import dev.muster.trial.metric.MetricReducer;
import dev.muster.trial.optimizer.Optimizer;
import java.io.Serializable;
import java.util.Map;
import org.tensorflow.Operand;

/**
 * A trial's view of its experiment and of the slot that it runs in. Muster makes it; a trial calls
 * it from the thread that built the trial, {@link #requestStop()} from any thread.
 */
public abstract class EstimatorTrialContext {
  /** For Muster's own implementations. */
  protected EstimatorTrialContext() {}

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

  /** Whether the trial was asked to stop. */
  public abstract boolean stopRequested();

  /**
   * Asks the trial to stop: all slots end their workload at the same step, a checkpoint is taken,
   * and the trial is complete.
   */
  public abstract void requestStop();

  /**
   * An optimizer whose gradients are averaged over the slots, weighted by their examples, before
   * they are applied. Called in the model function; a model has one at most.
   *
   * @param optimizer from {@link ModelScope#optimizers()}
   */
  public abstract Optimizer wrapOptimizer(Optimizer optimizer);

  /** A data set whose records are shared out over the slots: record i goes to slot i mod size. */
  public abstract Dataset wrapDataset(Dataset dataset);

  /**
   * A metric of one tensor, read in the reducer as {@code batch.value()}.
   *
   * @param value any shape; numbers
   * @param reducer stateless
   */
  public <S extends Serializable> Metric makeMetric(Operand<?> value, MetricReducer<S> reducer) {
    return Metric.of(Map.of(Metric.ONLY_VALUE, value), reducer);
  }

  /**
   * A metric of several tensors, read in the reducer as {@code batch.value(name)}.
   *
   * @param values any shapes; numbers
   * @param reducer stateless
   */
  public <S extends Serializable> Metric makeMetric(
      Map<String, ? extends Operand<?>> values, MetricReducer<S> reducer) {
    return Metric.of(values, reducer);
  }
}
