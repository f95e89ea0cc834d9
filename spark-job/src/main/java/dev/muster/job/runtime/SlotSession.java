package dev.muster.job.runtime;

import dev.muster.job.text.NearName;
import dev.muster.trial.TrialException;
import dev.muster.trial.hook.RunValues;
import dev.muster.trial.hook.SessionContext;
import dev.muster.trial.layer.Variables;
import dev.muster.trial.metric.HeapTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;

/** What hooks see of a session between its runs. Confined to the slot's thread. */
final class SlotSession implements SessionContext {
  private final ModelGraph model;
  private final Graph graph;
  private final RandomTwins random;
  private final Session session;
  private final SlotTrialContext context;
  private final Map<String, Output<?>> fetchable = new HashMap<>();

  SlotSession(ModelGraph model, Session session, SlotTrialContext context) {
    this.model = model;
    this.graph = model.graph();
    this.random = model.random();
    this.session = session;
    this.context = context;
  }

  @Override
  public long globalStep() {
    return value(Variables.GLOBAL_STEP).longs()[0];
  }

  @Override
  public HeapTensor value(Operand<?> operand) {
    return value(output(operand));
  }

  @Override
  public HeapTensor value(String name) {
    return value(output(name));
  }

  private HeapTensor value(Output<?> output) {
    String name = RunValues.outputName(output);
    try (Result result = session.runner().fetch(random.current(output)).run()) {
      return HeapCopies.copyFor("read '" + name + "'", result.get(0));
    } catch (RuntimeException e) {
      if (!OpFailure.is(e)) {
        throw e;
      }
      throw new TrialException(
          "Cannot read '"
              + name
              + "' without a batch: "
              + String.valueOf(e.getMessage()).replaceFirst("\\.$", "")
              + "; fetch it with a batch, in beforeRun",
          e);
    }
  }

  @Override
  public void requestStop() {
    context.requestStop();
  }

  @Override
  public boolean stopRequested() {
    return context.stopRequested();
  }

  /** The output that an operand of this graph is. */
  Output<?> output(Operand<?> operand) {
    Output<?> output = operand.asOutput();
    if (output.op().env() != graph) {
      throw new TrialException(
          "Cannot fetch '"
              + RunValues.outputName(output)
              + "': it belongs to the graph of another mode; pass operands of a mode to the hooks of"
              + " its EstimatorSpec, or fetch by name");
    }
    return output;
  }

  /** The output of this name. */
  Output<?> output(String name) {
    String full = RunValues.outputName(name);
    int colon = full.lastIndexOf(':');
    GraphOperation op = graph.operation(full.substring(0, colon));
    String index = full.substring(colon + 1);
    if (op == null || !index.matches("\\d{1,4}") || Integer.parseInt(index) >= op.numOutputs()) {
      List<String> names = new ArrayList<>();
      graph.operations().forEachRemaining(other -> names.add(other.name()));
      throw new TrialException(
          "Cannot fetch '"
              + name
              + "': the graph has no such output"
              + NearName.hint(full.substring(0, colon), names));
    }
    return op.output(Integer.parseInt(index));
  }

  /**
   * What to fetch for an output: a random op's twin; and TensorFlow refuses to fetch what is fed, a
   * label, say.
   */
  Output<?> fetchable(Output<?> output) {
    if (!output.op().type().equals("Placeholder")) {
      return random.current(output).asOutput();
    }
    return fetchable.computeIfAbsent(
        output.op().name(), name -> model.placed(Ops.create(graph).identity(output).asOutput()));
  }
}
