package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.types.TFloat32;

/**
 * Refuses, before TensorFlow is asked for gradients, what it cannot build: an op without gradient
 * between a variable and the loss, and a loop, at which it would end the process.
 */
final class GradientCheck {
  private static final Set<String> LOOPS =
      Set.of(
          "Enter",
          "RefEnter",
          "Exit",
          "RefExit",
          "NextIteration",
          "RefNextIteration",
          "While",
          "StatelessWhile",
          "If",
          "StatelessIf",
          "Case",
          "StatelessCase");

  /** What to write instead. */
  private static final Map<String, String> INSTEAD =
      Map.ofEntries(
          Map.entry(
              "SparseSoftmaxCrossEntropyWithLogits", "use losses().sparseSoftmaxCrossEntropy"),
          Map.entry("SegmentSumV2", "use math.unsortedSegmentSum"),
          Map.entry("SegmentMeanV2", "divide math.unsortedSegmentSum by the segments' sizes"),
          Map.entry("TopKV2", "gather the values by its indices"),
          Map.entry("OnesLike", "use fill"),
          Map.entry("Round", "put stopGradient around it"),
          Map.entry("IdentityN", "use identity for each of its inputs"),
          Map.entry("Conv3D", "use conv2d of slices"),
          Map.entry("FloorMod", "subtract the divisor × floor of the quotient"),
          Map.entry("Xlogy", "multiply by log where the factor is not 0"),
          Map.entry("ConjugateTranspose", "use transpose"),
          Map.entry("CheckNumericsV2", "use it beside the loss instead of on the way to it"));

  private GradientCheck() {}

  /**
   * Refuses what stands between the variables and the loss.
   *
   * @param edges of gradients, from the loss
   * @param variables trained ones, by name
   */
  static void check(
      Operand<TFloat32> loss, GraphWalk edges, Map<String, Output<TFloat32>> variables) {
    GraphWalk all = GraphWalk.from(loss);
    for (GraphOperation op : all.above(variables.values())) {
      if (LOOPS.contains(op.type())) {
        throw new TrialException(
            "Cannot compute gradients: op '"
                + op.name()
                + "' of type "
                + op.type()
                + " is part of a loop or a branch, which cuts off the variables "
                + all.variablesBelow(op, variables)
                + ": TensorFlow Java cannot build its gradients; unroll the loop, or take both"
                + " branches and select");
      }
    }
    List<String> found = new ArrayList<>();
    for (GraphOperation op : edges.above(variables.values())) {
      if (!isVariable(op) && !TensorFlowInternals.hasGradient(op.type())) {
        found.add(
            "op '"
                + op.name()
                + "' of type "
                + op.type()
                + " has no gradient in TensorFlow Java and cuts off the variables "
                + edges.variablesBelow(op, variables)
                + "; "
                + INSTEAD.getOrDefault(
                    op.type(), "replace it by ops that have one, or put stopGradient around it"));
      }
    }
    if (!found.isEmpty()) {
      throw new TrialException("Cannot compute gradients: " + String.join("; ", found));
    }
  }

  private static boolean isVariable(GraphOperation op) {
    return op.type().equals("VariableV2");
  }
}
