package dev.muster.trial.layer;

import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/**
 * The variables of one graph, each under its exact name. Confined to the thread that runs the model
 * function.
 */
public final class Variables {
  /** The name of the step counter. */
  public static final String GLOBAL_STEP = "global_step";

  private final Graph graph;
  private final Ops tf;
  private final long seed;
  private final Map<String, Output<TFloat32>> trainable = new LinkedHashMap<>();
  private final Map<String, Output<?>> all = new LinkedHashMap<>();
  private final List<Op> initializers = new ArrayList<>();

  /**
   * No variables yet, but the step counter.
   *
   * @param graph the graph of one mode
   * @param seed from which initial values are drawn, the same in every slot and mode
   */
  public Variables(Graph graph, long seed) {
    this.graph = graph;
    this.tf = Ops.create(graph);
    this.seed = seed;
    create(GLOBAL_STEP, Shape.scalar(), DataType.DT_INT64, tf.constant(0L));
  }

  /**
   * A float32 variable that optimizers train.
   *
   * @param name its name in the graph and in checkpoints, e.g. {@code hidden/kernel}
   * @param shape fully known
   * @param initializer draws the initial value from the trial's seed and the name
   * @return its value, as the op {@code name/read}
   */
  public Operand<TFloat32> trainable(String name, Shape shape, Initializer initializer) {
    Output<TFloat32> variable =
        create(name, shape, DataType.DT_FLOAT, initializer.value(tf, shape, seedOf(name)));
    trainable.put(name, variable);
    // Some gradients (of square, say) end the process when their input is the variable itself.
    return graph
        .opBuilder("Identity", name + "/read", tf.scope())
        .addInput(variable)
        .build()
        .<TFloat32>output(0);
  }

  /**
   * A float32 variable that optimizers leave alone.
   *
   * @param name its name in the graph and in checkpoints
   * @param shape fully known
   * @param initializer draws the initial value from the trial's seed and the name
   */
  public Operand<TFloat32> untrained(String name, Shape shape, Initializer initializer) {
    return create(name, shape, DataType.DT_FLOAT, initializer.value(tf, shape, seedOf(name)));
  }

  private <T extends TType> Output<T> create(
      String name, Shape shape, DataType type, Operand<T> initialValue) {
    if (all.containsKey(name)) {
      throw new TrialException(
          "Cannot create variable '" + name + "': there is one of this name in the graph already");
    }
    Output<T> variable =
        graph
            .opBuilder("VariableV2", name, tf.scope())
            .setAttr("dtype", type)
            .setAttr("shape", shape)
            .build()
            .<T>output(0);
    all.put(name, variable);
    initializers.add(tf.assign(variable, initialValue));
    return variable;
  }

  /** The counter of the steps: an int64 scalar. */
  @SuppressWarnings("unchecked") // created as int64 above
  public Operand<TInt64> globalStep() {
    return (Output<TInt64>) Objects.requireNonNull(all.get(GLOBAL_STEP));
  }

  /** The variables that optimizers train, by name, in the order of their creation. */
  public Map<String, Output<TFloat32>> trainable() {
    return Collections.unmodifiableMap(trainable);
  }

  /** All variables that were created here, by name, in the order of their creation. */
  public Map<String, Output<?>> all() {
    return Collections.unmodifiableMap(all);
  }

  /** The ops that give the variables their initial values. */
  public List<Op> initializers() {
    return Collections.unmodifiableList(initializers);
  }

  private long seedOf(String name) {
    long hash = seed;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }
}
