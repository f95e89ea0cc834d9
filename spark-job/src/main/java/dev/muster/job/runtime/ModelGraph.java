package dev.muster.job.runtime;

import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.types.family.TType;

/** The graph of one mode: built once, then only run. */
final class ModelGraph implements AutoCloseable {
  private final Graph graph;
  private final EstimatorSpec spec;
  private final Map<String, Operand<?>> inputs;
  private final Map<String, byte[]> assets;
  private final Map<String, Output<?>> variables;
  private final Variables scope;
  private final Op initialize;
  private final Op advance;
  private final WrappedOptimizers optimizers;
  private final @Nullable UpdatePath updatePath;
  private final Op stepUpdates;
  private final RandomTwins random;
  private @Nullable GpuDevice device;

  private ModelGraph(
      Graph graph,
      EstimatorSpec spec,
      Map<String, Operand<?>> inputs,
      Map<String, byte[]> assets,
      Variables scope,
      WrappedOptimizers optimizers,
      @Nullable UpdatePath updatePath,
      Function<Graph, RandomTwins> replaceRandomOps) {
    this.graph = graph;
    this.spec = spec;
    this.inputs = inputs;
    this.assets = assets;
    this.scope = scope;
    Ops tf = Ops.create(graph).withSubScope("muster");
    this.initialize = tf.withControlDependencies(scope.initializers()).noOp();
    this.advance = tf.assignAdd(scope.globalStep(), tf.constant(1L));
    this.optimizers = optimizers;
    this.updatePath = updatePath;
    this.stepUpdates = stepUpdates(graph, scope, updatePath);
    this.random = replaceRandomOps.apply(graph);
    this.variables = variablesOf(graph);
  }

  /** The TRAIN or EVAL graph, fed with the batches of a data set. */
  static ModelGraph build(
      Mode mode, TrialObjects trial, TrialDefinition definition, SlotTrialContext context) {
    Dataset dataset = mode == Mode.TRAIN ? trial.trainSpec().dataset() : trial.evalSpec().dataset();
    GraphInputs.Maker maker = GraphInputs.of(dataset, definition.entrypoint());
    return build(mode, trial, definition, context, maker);
  }

  /** The PREDICT graph of one serving receiver. */
  static ModelGraph serving(
      ServingInputReceiver receiver,
      TrialObjects trial,
      TrialDefinition definition,
      SlotTrialContext context) {
    return build(Mode.PREDICT, trial, definition, context, GraphInputs.of(receiver));
  }

  private static ModelGraph build(
      Mode mode,
      TrialObjects trial,
      TrialDefinition definition,
      SlotTrialContext context,
      GraphInputs.Maker maker) {
    Graph graph = new Graph();
    try {
      Variables variables = new Variables(graph, definition.seed());
      GraphInputs inputs = maker.make(graph);
      ModelScope scope =
          new ModelScope(
              graph, mode, definition.hparams(), inputs.features(), inputs.labels(), variables);
      context.enter(graph);
      @Nullable EstimatorSpec spec;
      try {
        spec = callModel(mode, trial, definition, scope);
      } catch (TrialException e) {
        throw ModelCheck.withInputs(e, inputs.features(), inputs.labels());
      }
      WrappedOptimizers optimizers = context.leave();
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
      UpdatePath updatePath =
          spec instanceof EstimatorSpec.Train training
              ? updatePath(training, optimizers, definition, variables)
              : null;
      return new ModelGraph(
          graph,
          spec,
          inputs.fed(),
          scope.assets(),
          variables,
          optimizers,
          updatePath,
          ops -> RandomTwins.replace(ops, mode, definition.seed(), context.rank(), variables));
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

  private static UpdatePath updatePath(
      EstimatorSpec.Train spec,
      WrappedOptimizers optimizers,
      TrialDefinition definition,
      Variables variables) {
    TrainOpCheck check =
        new TrainOpCheck(optimizers, definition.slots(), variables, spec.trainOp());
    check.run();
    List<Operand<?>> before = check.isBeforeUpdates(spec.loss()) ? List.of(spec.loss()) : List.of();
    return new UpdatePathBuilder(optimizers, definition.slots(), before).build();
  }

  /** What the layers do in every training step, such as updating moving averages. */
  private static Op stepUpdates(Graph graph, Variables scope, @Nullable UpdatePath updatePath) {
    Ops tf = Ops.create(graph);
    List<Op> updates = new ArrayList<>();
    if (updatePath != null) {
      Ops settled = tf.withControlDependencies(List.of(updatePath.settled()));
      scope.stepUpdates().forEach(update -> updates.add(update.apply(settled)));
    }
    return tf.withSubScope("muster").withControlDependencies(updates).noOp();
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

  /**
   * Places all ops that name no device on the slot's GPU, gradients too, and those that are added
   * by {@link #placed} later. Before the first run; the graph of a SavedModel is not placed.
   */
  void place(@Nullable GpuDevice gpu) {
    device = gpu;
    if (gpu != null) {
      graph.operations().forEachRemaining(op -> TensorFlowInternals.place(graph, op, gpu.name()));
    }
  }

  /** The output of an op that was just added, on the device of the others. */
  <T extends TType> Output<T> placed(Output<T> added) {
    if (device != null) {
      TensorFlowInternals.place(graph, (GraphOperation) added.op(), device.name());
    }
    return added;
  }

  /** The graph for a file: without the devices of this slot, which its reader may not have. */
  GraphDef definition() {
    GraphDef all = graph.toGraphDef();
    if (device == null) {
      return all;
    }
    GraphDef.Builder anywhere = all.toBuilder();
    for (NodeDef.Builder node : anywhere.getNodeBuilderList()) {
      if (node.getDevice().equals(device.name())) {
        node.clearDevice();
      }
    }
    return anywhere.build();
  }

  EstimatorSpec spec() {
    return spec;
  }

  /** The placeholders of features and labels by name. */
  Map<String, Operand<?>> inputs() {
    return inputs;
  }

  /** The files that the model function read, for its SavedModel, by name. */
  Map<String, byte[]> assets() {
    return assets;
  }

  /** All variables of the graph, sorted by name. */
  Map<String, Output<?>> variables() {
    return variables;
  }

  /** Gives all variables of the scope their initial values. */
  Op initialize() {
    return initialize;
  }

  /** Advances the global step: run after a step, so that nothing in the step sees it half-way. */
  Op advance() {
    return advance;
  }

  /** The variables that the model function created through its scope. */
  Variables scope() {
    return scope;
  }

  /** The optimizers of the TRAIN graph; none in the others. */
  WrappedOptimizers optimizers() {
    return optimizers;
  }

  /** The way of the gradients through the TRAIN graph. */
  UpdatePath updatePath() {
    return Objects.requireNonNull(updatePath, "only in mode TRAIN");
  }

  /** The twins of the graph's random ops: whoever fetches an op asks for its twin. */
  RandomTwins random() {
    return random;
  }

  /** Runs what the layers do in a training step whose batch has examples. */
  Op stepUpdates() {
    return stepUpdates;
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
