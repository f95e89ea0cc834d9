package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Gradients, the order of the update and the global step: what all optimizers share. */
abstract class BaseOptimizer extends Optimizer {
  /** Their gradients end the process with a failed check inside TensorFlow. */
  private static final Set<String> LOOPS =
      Set.of("Enter", "RefEnter", "NextIteration", "RefNextIteration", "While", "StatelessWhile");

  /** What TensorFlow says of a variable that the loss does not reach. */
  private static final Pattern UNREACHABLE = Pattern.compile("node '([^']+)' as it's unreachable");

  private final Graph graph;
  private final Ops tf;
  private final Variables variables;
  private final String name;
  private final float learningRate;
  private @Nullable Operand<TFloat32> loss;

  BaseOptimizer(Graph graph, Variables variables, String name, float learningRate) {
    if (!(learningRate > 0) || Float.isInfinite(learningRate)) {
      throw new TrialException(
          "Cannot use learning rate " + learningRate + ": expected a finite number above 0");
    }
    this.graph = graph;
    this.tf = Ops.create(graph);
    this.variables = variables;
    this.name = name;
    this.learningRate = learningRate;
  }

  @Override
  public final Map<String, Float> learningRates() {
    return Map.of(name, learningRate);
  }

  final float learningRate() {
    return learningRate;
  }

  final Ops tf() {
    return tf;
  }

  final Variables variables() {
    return variables;
  }

  @Override
  public final List<GradientAndVariable> computeGradients(Operand<TFloat32> loss) {
    this.loss = loss;
    refuseLoops();
    List<Output<TFloat32>> trainable = List.copyOf(variables.trainable().values());
    if (trainable.isEmpty()) {
      throw new TrialException(
          "Cannot compute gradients: the model has no trainable variable; create them by layers() or"
              + " variable() of the model's scope");
    }
    Output<?>[] gradients = gradients(loss, trainable);
    List<GradientAndVariable> pairs = new ArrayList<>();
    for (int i = 0; i < gradients.length; i++) {
      pairs.add(
          new GradientAndVariable(gradient(gradients[i], trainable.get(i)), trainable.get(i)));
    }
    return pairs;
  }

  private Output<?>[] gradients(Operand<TFloat32> loss, List<Output<TFloat32>> trainable) {
    try {
      return graph.addGradients(loss.asOutput(), trainable.toArray(new Output<?>[0]));
    } catch (RuntimeException e) {
      Matcher unreachable = UNREACHABLE.matcher(String.valueOf(e.getMessage()));
      if (unreachable.find()) {
        throw untouched(unreachable.group(1), e);
      }
      throw new TrialException(
          "Cannot compute the gradients of '"
              + loss.op().name()
              + "' with respect to "
              + new TreeSet<>(variables.trainable().keySet())
              + ": "
              + String.valueOf(e.getMessage()).replaceFirst("\\. Please see .*|\\.$", "")
              + "; an op on the way may have no gradient in TensorFlow Java: replace it, or put"
              + " stopGradient around it",
          e);
    }
  }

  @SuppressWarnings("unchecked") // the gradient of a float32 variable is float32
  private static Operand<TFloat32> gradient(Output<?> gradient, Output<TFloat32> variable) {
    if (gradient.isClosed()) {
      throw untouched(variable.op().name(), null);
    }
    return (Operand<TFloat32>) gradient;
  }

  private static TrialException untouched(String variable, @Nullable Throwable cause) {
    String message =
        "Cannot train variable '"
            + variable
            + "': the loss does not depend on it (is it unused, or behind stopGradient?); use it in"
            + " the loss, or do not create it";
    return cause == null ? new TrialException(message) : new TrialException(message, cause);
  }

  private void refuseLoops() {
    graph
        .operations()
        .forEachRemaining(
            op -> {
              if (LOOPS.contains(op.type())) {
                throw new TrialException(
                    "Cannot compute gradients: op '"
                        + op.name()
                        + "' of type "
                        + op.type()
                        + " is part of a loop, whose gradients TensorFlow Java cannot build; unroll"
                        + " the loop");
              }
            });
  }

  @Override
  public final Op applyGradients(List<GradientAndVariable> gradients) {
    // The update waits for all gradients and for the loss: a metric that is fetched with the step
    // never sees half-updated variables, and a broken exchange leaves all of them as they were.
    List<Op> before = new ArrayList<>();
    gradients.forEach(pair -> before.add(pair.gradient()));
    if (loss != null) {
      before.add(loss);
    }
    Ops after = tf.withControlDependencies(before);
    List<Op> updates = new ArrayList<>(apply(after, gradients));
    updates.add(after.assignAdd(variables.globalStep(), after.constant(1L)));
    return tf.withControlDependencies(updates).noOp();
  }

  /** Adds the updates of all variables; ops made by {@code after} wait for all gradients. */
  abstract List<Op> apply(Ops after, List<GradientAndVariable> gradients);
}
