package dev.muster.job.runtime;

import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.tensorflow.GraphOperation;
import org.tensorflow.op.Op;

/**
 * Refuses a training op that would not do what the wrapped optimizers promise. For a model that is
 * complete, but whose gradients are not bound to the exchange yet.
 */
final class TrainOpCheck {
  /** Ops that write the variable that is their first input. */
  private static final Pattern WRITES =
      Pattern.compile("(Sparse|Resource)?(Apply|Assign|Scatter).*");

  private final WrappedOptimizers wrapped;
  private final int slots;
  private final Variables variables;
  private final Set<GraphOperation> behindTrainOp;
  private final Set<GraphOperation> behindExchange;

  TrainOpCheck(WrappedOptimizers wrapped, int slots, Variables variables, Op trainOp) {
    this.wrapped = wrapped;
    this.slots = slots;
    this.variables = variables;
    this.behindTrainOp = GraphReach.upstream(List.of((GraphOperation) trainOp.op()));
    List<GraphOperation> standIns = new ArrayList<>();
    wrapped.gradients().forEach(exchanged -> standIns.addAll(exchanged.standInOps()));
    this.behindExchange = GraphReach.downstream(standIns);
  }

  /**
   * All of it.
   *
   * @throws TrialException naming the method to change
   */
  void run() {
    boolean needed = slots > 1 || wrapped.aggregation().isOn();
    if (needed && wrapped.isEmpty()) {
      throw unwrapped("");
    }
    wrapped.optimizers().forEach(this::requireApplied);
    if (needed) {
      behindTrainOp.forEach(this::requireWrapped);
    }
    wrapped.gradients().forEach(this::requireIndependent);
  }

  /** Whether an op can run before any update. */
  boolean isBeforeUpdates(Op op) {
    return !behindExchange.contains((GraphOperation) op.op());
  }

  private TrialException unwrapped(String found) {
    return new TrialException(
        "Cannot train "
            + (slots > 1
                ? "on " + slots + " slots"
                : "with optimizations.aggregation_frequency " + wrapped.aggregation().frequency())
            + ": the training op was not built by a wrapped optimizer"
            + found
            + "; pass the optimizer through context().wrapOptimizer(…) and call minimize on what"
            + " it returns, or say context().wrapOptimizer(null) if the model has none");
  }

  private void requireApplied(ExchangedOptimizer optimizer) {
    if (optimizer.updates().isEmpty()) {
      throw new TrialException(
          "Cannot train: "
              + name(optimizer)
              + " is never applied; call minimize (or applyGradients) on what"
              + " context().wrapOptimizer(…) returned, or do not wrap it");
    }
    for (Op update : optimizer.updates()) {
      if (!behindTrainOp.contains((GraphOperation) update.op())) {
        throw new TrialException(
            "Cannot train: the training op does not depend on the update '"
                + update.op().name()
                + "' of "
                + name(optimizer)
                + "; hand it to EstimatorSpec.train, or make it a control dependency of what is"
                + " handed there: tf().withControlDependencies(List.of(…)).noOp()");
      }
    }
  }

  private String name(ExchangedOptimizer optimizer) {
    List<ExchangedOptimizer> all = wrapped.optimizers();
    return "wrapped optimizer "
        + (all.indexOf(optimizer) + 1)
        + " of "
        + all.size()
        + " ("
        + optimizer.kind()
        + ")";
  }

  private void requireWrapped(GraphOperation op) {
    if (!WRITES.matcher(op.type()).matches() || op.numInputs() == 0) {
      return;
    }
    String variable = op.input(0).op().name();
    if (variables.kinds().get(variable) == Variables.Kind.TRAINED && !behindExchange.contains(op)) {
      throw unwrapped(
          ": op '" + op.name() + "' of type " + op.type() + " changes variable '" + variable + "'");
    }
  }

  private void requireIndependent(WrappedOptimizers.Exchanged exchanged) {
    Op gradient = exchanged.own().gradient();
    if (!isBeforeUpdates(gradient)) {
      throw new TrialException(
          "Cannot train with "
              + name(exchanged.owner())
              + ": its gradient of '"
              + exchanged.own().name()
              + "' waits for the update of a wrapped optimizer, but all optimizers of a model"
              + " update in one step, from the weights before it; remove the control dependency of"
              + " its loss");
    }
  }
}
