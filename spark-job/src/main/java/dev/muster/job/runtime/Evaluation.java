package dev.muster.job.runtime;

import dev.muster.job.data.Batch;
import dev.muster.job.data.SlotBatches;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.TrialException;
import dev.muster.trial.hook.SessionHook;
import dev.muster.trial.metric.HeapTensor;
import dev.muster.trial.metric.Metric;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt64;

/** The EVAL graph of a replica, its weights taken from the TRAIN session. */
final class Evaluation implements AutoCloseable {
  /** A tensor that is fetched for a metric. */
  private record Fetch(String metric, String value, Operand<?> operand) {}

  private final ModelGraph model;
  private final VariableValues values;
  private final Session session;
  private final SlotTrialContext context;
  private final SessionHooks hooks;
  private final Map<String, Metric> metrics;
  private final List<Fetch> fetches = new ArrayList<>();
  private final Fetches fetched = new Fetches();

  private Evaluation(
      ModelGraph model, TrialObjects trial, SlotTrialContext context, ReplicaSettings settings) {
    this.model = model;
    this.context = context;
    List<SessionHook> all = new ArrayList<>(trial.evalSpec().hooks());
    all.addAll(((EstimatorSpec.Eval) model.spec()).hooks());
    this.hooks = new SessionHooks("Cannot validate", all);
    this.values = new VariableValues(model);
    this.metrics = metrics(model);
    metrics.forEach(
        (name, metric) ->
            metric
                .values()
                .forEach(
                    (value, operand) -> {
                      Operand<?> fetchable = fetchable(operand);
                      fetches.add(new Fetch(name, value, fetchable));
                      fetched.add(fetchable);
                    }));
    this.session =
        new Session(
            model.graph(),
            false,
            TensorFlowRuntime.sessionConfig(settings, trial.estimator().config()));
    model.place(settings.gpu());
    session.initialize(); // asked for by variables of TensorFlow's own; the weights come later
  }

  /** TensorFlow refuses to fetch what is fed: a label, say. */
  private Operand<?> fetchable(Operand<?> operand) {
    return operand.op().type().equals("Placeholder")
        ? Ops.create(model.graph()).identity(operand)
        : model.random().current(operand);
  }

  static Evaluation build(
      TrialObjects trial,
      TrialDefinition definition,
      SlotTrialContext context,
      ReplicaSettings settings,
      Map<String, VariableType> training) {
    ModelGraph model = ModelGraph.build(Mode.EVAL, trial, definition, context);
    try {
      ModelCheck.variables(model, training);
      return new Evaluation(model, trial, context, settings);
    } catch (RuntimeException e) {
      model.close();
      throw e;
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

  /** The hooks of the EVAL specification. */
  List<SessionHook> specHooks() {
    return ((EstimatorSpec.Eval) model.spec()).hooks();
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

  /**
   * Evaluates the batches of one pass and returns the encoded states.
   *
   * @param limit the most batches
   */
  byte[] run(SlotBatches source, int limit, Runnable eachBatch) {
    MetricStates states = new MetricStates(metrics);
    hooks.begin(model.graph());
    hooks.created(model, session, context);
    long number = 0;
    while (number < limit && source.hasNext()) {
      Batch batch = source.next();
      eachBatch.run();
      if (batch.examples() > 0) {
        SessionHooks.Pending pending = hooks.before(number, batch.examples());
        states.accumulate(batch.examples(), values(batch, number, pending));
      }
      number++;
    }
    hooks.end();
    return states.encode();
  }

  private Map<String, Map<String, HeapTensor>> values(
      Batch batch, long number, SessionHooks.Pending pending) {
    Session.Runner runner = session.runner();
    model
        .inputs()
        .forEach((name, input) -> runner.feed(input, TrainingStep.tensor(batch.tensors(), name)));
    Fetches all = new Fetches(fetched);
    pending.addTo(all);
    all.addTo(runner);
    Map<String, Map<String, HeapTensor>> byMetric = new LinkedHashMap<>();
    try (TInt64 batchNumber = TInt64.scalarOf(number);
        Result result = run(runner, batchNumber)) {
      Map<Integer, HeapTensor> copies = new HashMap<>();
      for (Fetch fetch : fetches) {
        byMetric
            .computeIfAbsent(fetch.metric(), name -> new LinkedHashMap<>())
            .put(
                fetch.value(),
                copies.computeIfAbsent(
                    all.index(fetch.operand()),
                    i -> HeapCopies.copy(fetch.metric(), result.get(i))));
      }
      pending.after(all, result);
    }
    return byMetric;
  }

  private Result run(Session.Runner runner, TInt64 batchNumber) {
    model.random().batchNumber().ifPresent(input -> runner.feed(input, batchNumber));
    try {
      return runner.run();
    } catch (RuntimeException e) {
      if (!OpFailure.is(e)) {
        throw e;
      }
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
