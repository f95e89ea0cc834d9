package dev.muster.job.runtime;

import dev.muster.job.data.Batch;
import dev.muster.job.data.SlotBatches;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.TrialException;
import dev.muster.trial.metric.HeapTensor;
import dev.muster.trial.metric.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.op.Ops;

/** The EVAL graph of a replica, its weights taken from the TRAIN session. */
final class Evaluation implements AutoCloseable {
  /** A tensor that is fetched for a metric. */
  private record Fetch(String metric, String value) {}

  private final ModelGraph model;
  private final VariableValues values;
  private final Session session;
  private final Map<String, Metric> metrics;
  private final List<Fetch> fetches = new ArrayList<>();
  private final List<Operand<?>> fetched = new ArrayList<>();

  private Evaluation(ModelGraph model, ReplicaSettings settings) {
    this.model = model;
    this.values = new VariableValues(model);
    this.metrics = metrics(model);
    metrics.forEach(
        (name, metric) ->
            metric
                .values()
                .forEach(
                    (value, operand) -> {
                      fetches.add(new Fetch(name, value));
                      fetched.add(fetchable(operand));
                    }));
    this.session =
        new Session(model.graph(), false, TensorFlowRuntime.sessionConfig(settings.threads()));
  }

  /** TensorFlow refuses to fetch what is fed: a label, say. */
  private Operand<?> fetchable(Operand<?> operand) {
    return operand.op().type().equals("Placeholder")
        ? Ops.create(model.graph()).identity(operand)
        : operand;
  }

  static Evaluation build(
      TrialObjects trial,
      TrialDefinition definition,
      SlotTrialContext context,
      ReplicaSettings settings,
      List<String> trainVariables) {
    ModelGraph model = ModelGraph.build(Mode.EVAL, trial, definition, context);
    try {
      checkVariables(model, trainVariables);
      return new Evaluation(model, settings);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  static void checkVariables(ModelGraph model, List<String> trainVariables) {
    List<String> unknown = new ArrayList<>(model.variables().keySet());
    unknown.removeAll(trainVariables);
    if (!unknown.isEmpty()) {
      throw new TrialException(
          "Cannot use the model in mode "
              + model.spec().mode()
              + ": its variables "
              + unknown
              + " do not exist in mode TRAIN, which has "
              + trainVariables
              + "; variables are matched by name: build the same layers in every mode");
    }
  }

  /** The specification's metrics and the loss. */
  static Map<String, Metric> metrics(ModelGraph model) {
    EstimatorSpec.Eval spec = (EstimatorSpec.Eval) model.spec();
    Map<String, Metric> metrics = new LinkedHashMap<>();
    metrics.put("loss", Metric.weightedMean("loss", spec.loss()));
    metrics.putAll(spec.metrics());
    return metrics;
  }

  /** Takes over the weights of the TRAIN session, by name. */
  void take(Session trainSession, VariableValues trainValues) {
    List<String> names = values.names();
    try (Result weights = trainValues.read(trainSession, names)) {
      Map<String, Tensor> byName = new LinkedHashMap<>();
      for (int i = 0; i < names.size(); i++) {
        byName.put(names.get(i), weights.get(i));
      }
      values.assign(session, byName);
    }
  }

  /** Evaluates all batches of one pass and returns the encoded states. */
  byte[] run(SlotBatches source, Runnable eachBatch) {
    MetricStates states = new MetricStates(metrics);
    while (source.hasNext()) {
      Batch batch = source.next();
      eachBatch.run();
      if (batch.examples() > 0) {
        states.accumulate(batch.examples(), values(batch));
      }
    }
    return states.encode();
  }

  private Map<String, Map<String, HeapTensor>> values(Batch batch) {
    Session.Runner runner = session.runner();
    model
        .inputs()
        .forEach((name, input) -> runner.feed(input, Replica.tensor(batch.tensors(), name)));
    fetched.forEach(runner::fetch);
    Map<String, Map<String, HeapTensor>> byMetric = new LinkedHashMap<>();
    try (Result result = run(runner)) {
      for (int i = 0; i < fetches.size(); i++) {
        Fetch fetch = fetches.get(i);
        byMetric
            .computeIfAbsent(fetch.metric(), name -> new LinkedHashMap<>())
            .put(fetch.value(), HeapCopies.copy(fetch.metric(), result.get(i)));
      }
    }
    return byMetric;
  }

  private static Result run(Session.Runner runner) {
    try {
      return runner.run();
    } catch (TensorFlowException e) {
      throw new TrialException(
          "Cannot evaluate a batch: an op of the model failed: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    session.close();
    model.close();
  }
}
