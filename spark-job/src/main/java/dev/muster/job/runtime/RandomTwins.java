package dev.muster.job.runtime;

import dev.muster.trial.Mode;
import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt64;

/**
 * Makes a graph's random numbers functions of the trial's seed, the slot's rank and the step.
 *
 * <p>TensorFlow's random ops keep their streams in the session: a resumed trial would draw other
 * numbers than one that went on, and slots that share a seed would drop out the same units. So each
 * such op gets a stateless twin ({@link RandomTwin}), and what takes its output takes the twin's
 * instead. The key of a twin is mixed from the trial's seed, the mode, the op's own seeds, its name
 * and the rank; its counter is the global step in TRAIN and the number of the batch in EVAL. What
 * initial values are drawn from has neither rank nor counter, so that they are the same in all
 * slots.
 *
 * <p>The graph's first run comes later. Immutable afterwards.
 */
final class RandomTwins {
  private static final int ANY_RANK = -1;

  private final Graph graph;
  private final Mode mode;
  private final long seed;
  private final int rank;
  private final Variables variables;
  private final Ops tf;
  private final Map<Output<?>, Output<?>> twins = new HashMap<>();
  private @Nullable Operand<TInt64> counter;

  private RandomTwins(Graph graph, Mode mode, long seed, int rank, Variables variables) {
    this.graph = graph;
    this.mode = mode;
    this.seed = seed;
    this.rank = rank;
    this.variables = variables;
    this.tf = Ops.create(graph).withSubScope("muster_random");
  }

  /**
   * Replaces all random ops that keep state. A PREDICT graph stays as it is: who serves a model
   * that samples wants new samples.
   *
   * @param seed the trial's
   * @throws TrialException if an op draws random numbers and has no twin
   */
  static RandomTwins replace(Graph graph, Mode mode, long seed, int rank, Variables variables) {
    RandomTwins twins = new RandomTwins(graph, mode, seed, rank, variables);
    if (mode != Mode.PREDICT) {
      twins.replaceAll();
    }
    return twins;
  }

  /** What to fetch for an output: its twin, if the op draws random numbers. */
  Operand<?> current(Operand<?> fetched) {
    Output<?> twin = twins.get(fetched.asOutput());
    return twin == null ? fetched : twin;
  }

  /** In EVAL: where the number of the batch is to be fed, if any op depends on it. */
  Optional<Operand<TInt64>> batchNumber() {
    return mode == Mode.EVAL ? Optional.ofNullable(counter) : Optional.empty();
  }

  private void replaceAll() {
    List<GraphOperation> random = new ArrayList<>();
    graph
        .operations()
        .forEachRemaining(
            op -> {
              UnrepeatableOps.refuse(op, mode);
              if (RandomTwin.exists(op.type())) {
                random.add(op);
              }
            });
    UnrepeatableOps.refuseInFunctions(graph, mode);
    if (random.isEmpty()) {
      return;
    }
    Set<GraphOperation> initial = beforeInitialValues();
    for (GraphOperation op : random) {
      if (initial.contains(op)) {
        move(op, seed(op, ANY_RANK, tf.constant(0L)), initial::contains);
      }
      if (op.consumers().stream().anyMatch(user -> !initial.contains(user))
          || !initial.contains(op)) {
        move(op, seed(op, rank, counter()), user -> !initial.contains(user));
      }
    }
  }

  private void move(GraphOperation op, Operand<TInt64> seed, Predicate<GraphOperation> users) {
    List<Output<?>> outputs = RandomTwin.of(tf, op, seed);
    for (int i = 0; i < outputs.size(); i++) {
      redirect(op, i, outputs.get(i), users);
      twins.put(op.output(i), outputs.get(i));
    }
  }

  private void redirect(
      GraphOperation op, int output, Output<?> twin, Predicate<GraphOperation> users) {
    for (GraphOperation user : op.consumers(output)) {
      for (int input = 0; users.test(user) && input < user.numInputs(); input++) {
        Output<?> source = user.input(input);
        if (source.index() == output && source.op().equals(op)) {
          TensorFlowInternals.redirect(graph, twin, user, input);
        }
      }
    }
  }

  private Operand<TInt64> counter() {
    Operand<TInt64> existing = counter;
    if (existing == null) {
      existing =
          mode == Mode.TRAIN
              ? tf.identity(variables.globalStep())
              : tf.withName("batch").placeholderWithDefault(tf.constant(0L), Shape.scalar());
      counter = existing;
    }
    return existing;
  }

  private Operand<TInt64> seed(GraphOperation op, int rank, Operand<TInt64> counter) {
    return tf.stack(List.of(tf.constant(key(op, rank)), counter));
  }

  /** SplitMix64's finalizer over all that tells one stream from another. */
  private long key(GraphOperation op, int rank) {
    long key = mix(seed, mode.ordinal());
    if (!op.type().equals("NonDeterministicInts")) {
      key = mix(key, op.attributes().getAttrInt("seed"));
      key = mix(key, op.attributes().getAttrInt("seed2"));
    }
    for (int i = 0; i < op.name().length(); i++) {
      key = mix(key, op.name().charAt(i));
    }
    return mix(key, rank);
  }

  private static long mix(long key, long next) {
    long z = key * 0x9e3779b97f4a7c15L + next;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** All ops that some initial value depends on. */
  private Set<GraphOperation> beforeInitialValues() {
    List<GraphOperation> initializers = new ArrayList<>();
    variables.initializers().forEach(op -> initializers.add((GraphOperation) op.op()));
    graph
        .operations()
        .forEachRemaining(
            op -> {
              if (graph.isInitializer(op)) {
                initializers.add(op);
              }
            });
    return GraphReach.upstream(initializers);
  }
}
