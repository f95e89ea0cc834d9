package dev.muster.job.runtime;

import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.family.TType;

/** The graph of one mode: built once, then only run. */
final class ModelGraph implements AutoCloseable {
  /** Random ops that keep state: their streams start again in each session and differ by slot. */
  private static final Set<String> STATEFUL_RANDOM =
      Set.of(
          "RandomUniform",
          "RandomUniformInt",
          "RandomStandardNormal",
          "TruncatedNormal",
          "ParameterizedTruncatedNormal",
          "RandomGamma",
          "RandomPoisson",
          "RandomPoissonV2",
          "RandomShuffle",
          "Multinomial");

  private final Graph graph;
  private final EstimatorSpec spec;
  private final Map<String, Operand<?>> inputs;
  private final Map<String, Output<?>> variables;
  private final Op initialize;
  private final @Nullable ExchangedOptimizer optimizer;

  private ModelGraph(
      Graph graph,
      EstimatorSpec spec,
      Map<String, Operand<?>> inputs,
      Op initialize,
      @Nullable ExchangedOptimizer optimizer) {
    this.graph = graph;
    this.spec = spec;
    this.inputs = inputs;
    this.initialize = initialize;
    this.optimizer = optimizer;
    this.variables = variablesOf(graph);
  }

  /** The TRAIN or EVAL graph, fed with the batches of a data set. */
  static ModelGraph build(
      Mode mode, TrialObjects trial, TrialDefinition definition, SlotTrialContext context) {
    Dataset dataset = mode == Mode.TRAIN ? trial.trainSpec().dataset() : trial.evalSpec().dataset();
    Map<String, Placeholders.Input> features = new LinkedHashMap<>();
    Map<String, Placeholders.Input> labels = new LinkedHashMap<>();
    for (Column column : dataset.columns()) {
      (column.role() == Column.Role.FEATURE ? features : labels)
          .put(column.name(), new Placeholders.Input(column.type(), column.batchShape()));
    }
    return build(mode, trial, definition, context, features, labels);
  }

  /** The PREDICT graph of one serving receiver. */
  static ModelGraph serving(
      ServingInputReceiver receiver,
      TrialObjects trial,
      TrialDefinition definition,
      SlotTrialContext context) {
    Map<String, Placeholders.Input> features = new LinkedHashMap<>();
    receiver
        .inputs()
        .forEach(
            (name, input) ->
                features.put(name, new Placeholders.Input(input.type(), input.shape())));
    return build(Mode.PREDICT, trial, definition, context, features, Map.of());
  }

  private static ModelGraph build(
      Mode mode,
      TrialObjects trial,
      TrialDefinition definition,
      SlotTrialContext context,
      Map<String, Placeholders.Input> features,
      Map<String, Placeholders.Input> labels) {
    Graph graph = new Graph();
    try {
      Variables variables = new Variables(graph, definition.seed());
      Map<String, Operand<?>> featureInputs = Placeholders.create(graph, features);
      Map<String, Operand<?>> labelInputs = Placeholders.create(graph, labels);
      ModelScope scope =
          new ModelScope(graph, mode, definition.hparams(), featureInputs, labelInputs, variables);
      context.enter(graph);
      @Nullable EstimatorSpec spec = callModel(mode, trial, definition, scope);
      ExchangedOptimizer optimizer = context.leave();
      if (spec == null || spec.mode() != mode) {
        throw new TrialException(
            "Cannot use what the model function returned in mode "
                + mode
                + ": expected EstimatorSpec."
                + factory(mode)
                + ", found "
                + (spec == null ? "null" : "EstimatorSpec." + factory(spec.mode()))
                + "; have the model function ask for mode()");
      }
      if (mode == Mode.TRAIN) {
        checkTraining(definition, optimizer, graph);
      }
      Map<String, Operand<?>> inputs = new LinkedHashMap<>(featureInputs);
      inputs.putAll(labelInputs);
      return new ModelGraph(
          graph,
          spec,
          inputs,
          Ops.create(graph).withControlDependencies(variables.initializers()).noOp(),
          optimizer);
    } catch (RuntimeException | Error e) {
      graph.close();
      throw e;
    }
  }

  private static String factory(Mode mode) {
    return mode.name().toLowerCase(Locale.ROOT) + "(…)";
  }

  private static @Nullable EstimatorSpec callModel(
      Mode mode, TrialObjects trial, TrialDefinition definition, ModelScope scope) {
    return UserCode.run(
        "Cannot build trial "
            + definition.entrypoint()
            + ": in mode "
            + mode
            + " its model function",
        definition.entrypoint(),
        () -> trial.estimator().model().build(scope));
  }

  private static void checkTraining(
      TrialDefinition definition, @Nullable ExchangedOptimizer optimizer, Graph graph) {
    if (definition.slots() > 1 && (optimizer == null || !optimizer.isApplied())) {
      throw new TrialException(
          "Cannot train on "
              + definition.slots()
              + " slots: the training op was not built by a wrapped optimizer; pass the optimizer"
              + " through context().wrapOptimizer(…) and call minimize on what it returns");
    }
    graph
        .operations()
        .forEachRemaining(
            op -> {
              if (STATEFUL_RANDOM.contains(op.type())) {
                throw new TrialException(
                    "Cannot train with op '"
                        + op.name()
                        + "' of type "
                        + op.type()
                        + ": random ops that keep state are not supported yet; use"
                        + " tf().random.stateless… with a seed made of the trial's seed and the"
                        + " global step");
              }
            });
  }

  private static Map<String, Output<?>> variablesOf(Graph graph) {
    Map<String, Output<?>> variables = new TreeMap<>();
    for (var operations = graph.operations(); operations.hasNext(); ) {
      GraphOperation op = operations.next();
      if (op.type().equals("VariableV2") || op.type().equals("VarHandleOp")) {
        if (!op.type().equals("VariableV2")) {
          throw new TrialException(
              "Cannot use variable '"
                  + op.name()
                  + "': resource variables are not supported yet; use variable(…) of the model's"
                  + " scope");
        }
        variables.put(op.name(), op.output(0));
      }
    }
    return variables;
  }

  Graph graph() {
    return graph;
  }

  EstimatorSpec spec() {
    return spec;
  }

  /** The placeholders of features and labels by name. */
  Map<String, Operand<?>> inputs() {
    return inputs;
  }

  /** All variables of the graph, sorted by name. */
  Map<String, Output<?>> variables() {
    return variables;
  }

  /** Gives all variables of the scope their initial values. */
  Op initialize() {
    return initialize;
  }

  @Nullable ExchangedOptimizer optimizer() {
    return optimizer;
  }

  @Override
  public void close() {
    graph.close();
  }

  /** The inputs of a graph. */
  static final class Placeholders {
    /** One input: its type and its shape with the batch dimension. */
    record Input(Class<? extends TType> type, Shape shape) {}

    private Placeholders() {}

    static Map<String, Operand<?>> create(Graph graph, Map<String, Input> inputs) {
      Map<String, Operand<?>> placeholders = new LinkedHashMap<>();
      Ops tf = Ops.create(graph);
      List<String> taken = new ArrayList<>();
      inputs.forEach(
          (name, input) -> {
            String legal = name.replaceAll("[^A-Za-z0-9_.\\-]", "_");
            if (taken.contains(legal)) {
              legal = legal + "_" + taken.size();
            }
            taken.add(legal);
            placeholders.put(
                name,
                tf.withName(legal).placeholder(input.type(), Placeholder.shape(input.shape())));
          });
      return placeholders;
    }
  }
}
