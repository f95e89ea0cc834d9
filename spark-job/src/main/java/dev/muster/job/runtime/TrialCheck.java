package dev.muster.job.runtime;

import dev.muster.job.data.Pass;
import dev.muster.job.data.SlotShare;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.metric.MergeableReducer;
import dev.muster.trial.metric.Metric;
import dev.muster.trial.metric.MetricValue;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The trial as the driver builds it: once, for its data sets, its reducers and its errors. Its
 * graphs are built and never run. Confined to the driver's thread.
 */
public final class TrialCheck implements AutoCloseable {
  private final TrialDefinition definition;
  private final SlotTrialContext context;
  private final TrialObjects trial;
  private final int perSlotBatchSize;
  private final long variableBytes;
  private final boolean hasTrainingHooks;
  private final Map<String, Metric> metrics;
  private final byte[] mergeableReducers;
  private final ModelGraph eval;
  private final Map<String, VariableType> variables;
  private final List<String> unread;

  private TrialCheck(
      TrialDefinition definition,
      SlotTrialContext context,
      TrialObjects trial,
      long variableBytes,
      boolean hasTrainingHooks,
      ModelGraph eval,
      Map<String, VariableType> variables,
      List<String> unread) {
    this.definition = definition;
    this.context = context;
    this.trial = trial;
    this.perSlotBatchSize = context.perSlotBatchSize();
    this.variableBytes = variableBytes;
    this.hasTrainingHooks = hasTrainingHooks;
    this.eval = eval;
    this.variables = variables;
    this.unread = unread;
    this.metrics = Evaluation.metrics(eval);
    this.mergeableReducers = MetricMerger.encode(metrics);
  }

  /**
   * Builds all graphs of the trial.
   *
   * @throws TrialException if the trial is wrong; other exceptions come from the user's code
   */
  public static TrialCheck of(TrialDefinition definition) {
    return of(definition, 0);
  }

  /** As {@link #of}, for a trial that goes on after this many batches. */
  public static TrialCheck of(TrialDefinition definition, long initialBatch) {
    SlotTrialContext context = new SlotTrialContext(definition, 0, initialBatch);
    context.slots().onDriver();
    TrialObjects trial = TrialObjects.build(definition, context);
    long variableBytes;
    List<String> unread;
    Map<String, VariableType> variables;
    boolean hooked = !trial.trainSpec().hooks().isEmpty();
    try (ModelGraph train = ModelGraph.build(Mode.TRAIN, trial, definition, context)) {
      ModelCheck.globalStep(train);
      unread = ModelCheck.unread(train, features(trial.trainSpec().dataset()));
      variables = VariableType.of(train);
      TrainingMetrics.of(train);
      hooked |= !((EstimatorSpec.Train) train.spec()).hooks().isEmpty();
      variableBytes =
          train.variables().values().stream()
              .mapToLong(variable -> Math.max(0, variable.shape().size()) * Float.BYTES)
              .sum();
    }
    for (Map.Entry<String, ServingInputReceiver> receiver : trial.receivers().entrySet()) {
      try (ModelGraph predict =
          ModelGraph.serving(receiver.getValue(), trial, definition, context)) {
        ModelCheck.variables(predict, variables);
        var unused = Serving.signatures(predict);
      }
    }
    ModelGraph eval = ModelGraph.build(Mode.EVAL, trial, definition, context);
    try {
      ModelCheck.variables(eval, variables);
      return new TrialCheck(
          definition, context, trial, variableBytes, hooked, eval, variables, unread);
    } catch (RuntimeException e) {
      eval.close();
      throw e;
    }
  }

  private static Set<String> features(Dataset dataset) {
    return dataset.columns().stream()
        .filter(column -> column.role() == Column.Role.FEATURE)
        .map(Column::name)
        .collect(Collectors.toSet());
  }

  /** What is no error and hardly meant, each for people. */
  public List<String> warnings() {
    Stream<String> steps =
        trial.trainSpec().maxSteps().stream()
            .mapToObj(
                max ->
                    "TrainSpec.maxSteps("
                        + max
                        + ") of buildTrainSpec() is ignored; the length of the training is"
                        + " searcher.max_length of the configuration");
    Stream<String> features =
        unread.isEmpty()
            ? Stream.of()
            : Stream.of(
                "the model function of buildEstimator() does not read "
                    + String.join(", ", unread)
                    + " in mode TRAIN; each batch brings them all the same");
    return Stream.concat(steps, features).toList();
  }

  /**
   * The training graph once more, to run single steps on the driver; the caller closes it.
   *
   * @param threads TensorFlow's
   */
  public StepProbe stepProbe(int threads) {
    return StepProbe.open(
        ModelGraph.build(Mode.TRAIN, trial, definition, context),
        trial.trainSpec().dataset(),
        definition,
        threads);
  }

  /** The training data. */
  public Dataset trainingData() {
    return trial.trainSpec().dataset();
  }

  /** The validation data. */
  public Dataset validationData() {
    return trial.evalSpec().dataset();
  }

  /**
   * Refuses data of which the pipeline leaves nothing to train on or to evaluate.
   *
   * @param training the encoded records
   * @param validation the encoded records
   * @throws TrialException saying which
   */
  public void refuseNoBatch(long training, long validation, int slots) {
    int ofValidation = validationData().batchSize().orElse(perSlotBatchSize);
    Pass.of(trainingData(), training)
        .refuseNoBatch("training", SlotShare.batch(trainingData(), perSlotBatchSize, slots));
    Pass.of(validationData(), validation)
        .refuseNoBatch("validation", SlotShare.batch(validationData(), ofValidation, slots));
  }

  /** The training records of one step in one slot. */
  public int perSlotBatchSize() {
    return perSlotBatchSize;
  }

  /** The bytes of all variables, optimizer slots with them. */
  public long variableBytes() {
    return variableBytes;
  }

  /**
   * Compares the variables of a checkpoint that the trial is to begin with.
   *
   * @param checkpoint a local directory with {@code variables/variables.index}
   * @param name the checkpoint's, for messages
   * @return those that the training graph does not have: they will be ignored
   * @throws TrialException if it lacks a variable, or has it in another shape or type
   */
  public List<String> checkStart(Path checkpoint, String name) {
    return StoredVariables.check(checkpoint, name, variables);
  }

  /** Whether the trial has hooks that a slot must tell of the training's end. */
  public boolean hasTrainingHooks() {
    return hasTrainingHooks;
  }

  /** The names of the validation metrics. */
  public List<String> metricNames() {
    return List.copyOf(metrics.keySet());
  }

  /** Refuses a searcher's metric that no validation will have, or that will be no number. */
  public void checkSearcherMetric(String metric) {
    Metric found = metrics.get(metric);
    if (found == null) {
      throw new TrialException(
          "Cannot search by metric '"
              + metric
              + "': the EVAL specification has "
              + new TreeSet<>(metrics.keySet())
              + "; change searcher.metric, or add the metric in the model function");
    }
    if (!found.isScalar().orElse(true)) {
      throw new TrialException(
          "Cannot search by metric '"
              + metric
              + "': expected a scalar, found a metric whose value is an array or a text; set"
              + " searcher.metric to another metric");
    }
    if (found.isScalar().isEmpty()) {
      MetricShapes.refuseArray(metric, found.reducer());
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

  /** The names of the metrics whose states merge. */
  public Set<String> mergeableMetrics() {
    return metrics.entrySet().stream()
        .filter(metric -> metric.getValue().reducer() instanceof MergeableReducer<?>)
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The reducers of these metrics, for a {@link MetricMerger} elsewhere. */
  public byte[] mergeableReducers() {
    return mergeableReducers.clone();
  }

  /**
   * The values of the metrics whose mergeable states were merged elsewhere.
   *
   * @param merged the states of the mergeable metrics, see {@link MetricMerger#merge}
   * @param perSlot the states of the others, see {@link EncodedStates#select}; the index is the
   *     rank
   */
  public Map<String, MetricValue> result(byte[] merged, List<byte[]> perSlot) {
    return MetricStates.result(metrics, merged, perSlot);
  }

  @Override
  public void close() {
    eval.close();
  }
}
