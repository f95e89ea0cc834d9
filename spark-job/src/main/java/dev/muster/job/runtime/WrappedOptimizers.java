package dev.muster.job.runtime;

import dev.muster.trial.TrialException;
import dev.muster.trial.optimizer.GradientAndVariable;
import dev.muster.trial.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
import org.tensorflow.op.core.SwitchCond;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/**
 * The wrapped optimizers of one graph. All their gradients make one exchange: what the model
 * function gets from {@code computeGradients} are stand-ins, which are given their values once the
 * model is complete ({@link UpdatePathBuilder}). So every update of every optimizer waits for the
 * gradients of all of them, and a step that breaks leaves all variables as they were.
 *
 * <p>Where a window has several batches, the updates run in its last one alone: the gradients that
 * are handed to an optimizer are dead in the others, and with them all ops that wait for them. What
 * {@code applyGradients} returns runs in every batch, and so does all that the model function hangs
 * on it.
 */
final class WrappedOptimizers {
  /** A gradient, its stand-in, and whose it is. */
  record Exchanged(ExchangedOptimizer owner, GradientAndVariable own, GradientAndVariable standIn) {
    /** The ops of the stand-in, each an identity of what it stands for. */
    List<GraphOperation> standInOps() {
      List<GraphOperation> ops = new ArrayList<>();
      ops.add((GraphOperation) standIn.gradient().op());
      standIn.rows().ifPresent(rows -> ops.add((GraphOperation) rows.op()));
      return ops;
    }
  }

  private final Graph graph;
  private final Aggregation aggregation;
  private final Ops tf;
  private final List<ExchangedOptimizer> optimizers = new ArrayList<>();
  private final List<Exchanged> gradients = new ArrayList<>();
  private @Nullable Placeholder<TBool> applies;
  private boolean none;

  WrappedOptimizers(Graph graph, Aggregation aggregation) {
    this.graph = graph;
    this.aggregation = aggregation;
    this.tf = Ops.create(graph).withSubScope("muster_exchange");
  }

  Optimizer wrap(Optimizer optimizer) {
    if (none) {
      throw oneAndNone();
    }
    ExchangedOptimizer wrapped = new ExchangedOptimizer(optimizer, this);
    optimizers.add(wrapped);
    return wrapped;
  }

  /** The model says that it has no optimizer. */
  Optimizer wrapNone() {
    if (!optimizers.isEmpty()) {
      throw oneAndNone();
    }
    none = true;
    return new NoOptimizer(graph);
  }

  private static TrialException oneAndNone() {
    return new TrialException(
        "Cannot wrap an optimizer and null: wrapOptimizer(null) says that the model has no"
            + " optimizer; remove that call");
  }

  /** Whether {@code wrapOptimizer} was never called. */
  boolean isEmpty() {
    return optimizers.isEmpty() && !none;
  }

  /** In the order of the calls. */
  List<ExchangedOptimizer> optimizers() {
    return Collections.unmodifiableList(optimizers);
  }

  /** All gradients that were computed, in the order of the calls. */
  List<Exchanged> gradients() {
    return Collections.unmodifiableList(gradients);
  }

  Graph graph() {
    return graph;
  }

  Ops tf() {
    return tf;
  }

  Aggregation aggregation() {
    return aggregation;
  }

  /** The rates of all optimizers, whose names differ. */
  Map<String, Operand<TFloat32>> learningRates() {
    Map<String, Operand<TFloat32>> rates = new TreeMap<>();
    optimizers.forEach(optimizer -> rates.putAll(optimizer.learningRates()));
    return rates;
  }

  /** What the rates follow, by the same names. */
  Map<String, String> schedules() {
    Map<String, String> schedules = new TreeMap<>();
    optimizers.forEach(optimizer -> schedules.putAll(optimizer.schedules()));
    return schedules;
  }

  /** Stand-ins for these gradients. */
  List<GradientAndVariable> exchange(ExchangedOptimizer owner, List<GradientAndVariable> own) {
    List<GradientAndVariable> standIns = new ArrayList<>();
    for (GradientAndVariable pair : own) {
      GradientAndVariable standIn = map(pair, this::identity, this::identity);
      standIns.add(standIn);
      gradients.add(new Exchanged(owner, pair, standIn));
    }
    return standIns;
  }

  private <T extends TType> Operand<T> identity(Operand<T> operand) {
    return tf.identity(operand);
  }

  static GradientAndVariable map(
      GradientAndVariable pair,
      Function<Operand<TFloat32>, Operand<TFloat32>> gradient,
      Function<Operand<TInt64>, Operand<TInt64>> rows) {
    Optional<Operand<TInt64>> mapped = pair.rows().map(rows);
    return new GradientAndVariable(gradient.apply(pair.gradient()), pair.variable(), mapped);
  }

  /** The update by these gradients, run in the last batch of each window. */
  Op whenWindowEnds(
      List<GradientAndVariable> last, Function<List<GradientAndVariable>, Op> update) {
    if (!aggregation.isOn()) {
      return update.apply(last);
    }
    List<GradientAndVariable> switched = new ArrayList<>();
    for (GradientAndVariable pair : last) {
      switched.add(map(pair, this::inLastBatch, this::inLastBatch));
    }
    Op updated = update.apply(switched);
    SwitchCond<TBool> turn = tf.switchCond(applies(), applies());
    Operand<TBool> done = tf.withControlDependencies(List.of(updated)).identity(turn.outputTrue());
    Output<TBool> either = tf.<TBool>merge(List.of(turn.outputFalse(), done)).output();
    return tf.withControlDependencies(List.of(either)).noOp();
  }

  private <T extends TType> Operand<T> inLastBatch(Operand<T> operand) {
    return tf.switchCond(operand, applies()).outputTrue();
  }

  /** Fed: whether the batch is the last of its window. */
  Placeholder<TBool> applies() {
    Placeholder<TBool> fed = applies;
    if (fed == null) {
      fed = tf.placeholder(TBool.class, Placeholder.shape(Shape.scalar()));
      applies = fed;
    }
    return fed;
  }
}
