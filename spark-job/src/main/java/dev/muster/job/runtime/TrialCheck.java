package dev.muster.job.runtime;

import dev.muster.trial.Mode;
import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.metric.Metric;
import dev.muster.trial.metric.MetricValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The trial as the driver builds it: once, for its data sets, its reducers and its errors. Its
 * graphs are built and never run. Confined to the driver's thread.
 */
public final class TrialCheck implements AutoCloseable {
  private final TrialObjects trial;
  private final int perSlotBatchSize;
  private final long variableBytes;
  private final Map<String, Metric> metrics;
  private final ModelGraph eval;

  private TrialCheck(
      TrialObjects trial, int perSlotBatchSize, long variableBytes, ModelGraph eval) {
    this.trial = trial;
    this.perSlotBatchSize = perSlotBatchSize;
    this.variableBytes = variableBytes;
    this.eval = eval;
    this.metrics = Evaluation.metrics(eval);
  }

  /**
   * Builds all graphs of the trial.
   *
   * @throws TrialException if the trial is wrong; other exceptions come from the user's code
   */
  public static TrialCheck of(TrialDefinition definition) {
    SlotTrialContext context = new SlotTrialContext(definition, 0, 0);
    TrialObjects trial = TrialObjects.build(definition, context);
    long variableBytes;
    List<String> trainVariables;
    try (ModelGraph train = ModelGraph.build(Mode.TRAIN, trial, definition, context)) {
      trainVariables = new ArrayList<>(train.variables().keySet());
      variableBytes =
          train.variables().values().stream()
              .mapToLong(variable -> Math.max(0, variable.shape().size()) * Float.BYTES)
              .sum();
    }
    for (Map.Entry<String, ServingInputReceiver> receiver : trial.receivers().entrySet()) {
      try (ModelGraph predict =
          ModelGraph.serving(receiver.getValue(), trial, definition, context)) {
        Evaluation.checkVariables(predict, trainVariables);
        Serving.signature(predict);
      }
    }
    ModelGraph eval = ModelGraph.build(Mode.EVAL, trial, definition, context);
    try {
      Evaluation.checkVariables(eval, trainVariables);
      return new TrialCheck(trial, context.perSlotBatchSize(), variableBytes, eval);
    } catch (RuntimeException e) {
      eval.close();
      throw e;
    }
  }

  /** The training data. */
  public Dataset trainingData() {
    return trial.trainSpec().dataset();
  }

  /** The validation data. */
  public Dataset validationData() {
    return trial.evalSpec().dataset();
  }

  /** The training records of one step in one slot. */
  public int perSlotBatchSize() {
    return perSlotBatchSize;
  }

  /** The bytes of all variables, optimizer slots with them. */
  public long variableBytes() {
    return variableBytes;
  }

  /** The names of the validation metrics. */
  public List<String> metricNames() {
    return List.copyOf(metrics.keySet());
  }

  /** Refuses a searcher's metric that no validation will have. */
  public void checkSearcherMetric(String metric) {
    if (!metrics.containsKey(metric)) {
      throw new TrialException(
          "Cannot search by metric '"
              + metric
              + "': the EVAL specification has "
              + new TreeSet<>(metrics.keySet())
              + "; change searcher.metric, or add the metric in the model function");
    }
  }

  /**
   * The values of the metrics.
   *
   * @param perSlot what {@link Replica#evaluate} returned; the index is the rank
   */
  public Map<String, MetricValue> reduce(List<byte[]> perSlot) {
    return MetricStates.reduce(metrics, perSlot);
  }

  @Override
  public void close() {
    eval.close();
  }
}
