package dev.muster.trial.layer;

import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;
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
  private final Map<String, Kind> kinds = new LinkedHashMap<>();
  private final List<Lookup> lookups = new ArrayList<>();
  private final List<Function<Ops, Op>> stepUpdates = new ArrayList<>();
  private final List<Op> initializers = new ArrayList<>();

  /** What a variable is for, which decides how slots keep it the same. */
  public enum Kind {
    /** Trained by an optimizer: equal on all slots, since the gradients are. */
    TRAINED,
    /** An optimizer's state: equal on all slots as well. */
    SLOT,
    /** Assigned from the slot's own batches, as moving averages are: differs between slots. */
    STATISTIC,
    /** The counter of the steps. */
    GLOBAL_STEP
  }

  /**
   * Rows that were gathered from a table: an optimizer takes the gradient with respect to the rows,
   * not to the whole table.
   *
   * @param table the variable's name
   * @param ids {@code [n]}: the rows' numbers
   * @param rows {@code [n, …]}
   */
  public record Lookup(String table, Operand<TInt64> ids, Output<TFloat32> rows) {}

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
    create(GLOBAL_STEP, Kind.GLOBAL_STEP, Shape.scalar(), DataType.DT_INT64, tf.constant(0L));
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
    Output<TFloat32> variable = create(name, Kind.TRAINED, shape, initializer);
    trainable.put(name, variable);
    // Some gradients (of square, say) end the process when their input is the variable itself.
    return graph
        .opBuilder("Identity", name + "/read", tf.scope())
        .addInput(variable)
        .build()
        .<TFloat32>output(0);
  }

  /**
   * A float32 table of which steps use a few rows, trained by its optimizer on those rows alone.
   *
   * @param name its name in the graph and in checkpoints
   * @param shape {@code [rows, …]}, fully known
   * @param initializer draws the initial value from the trial's seed and the name
   */
  public void table(String name, Shape shape, Initializer initializer) {
    trainable.put(name, create(name, Kind.TRAINED, shape, initializer));
  }

  /**
   * Gathers rows of a {@link #table}.
   *
   * @param table its name
   * @param ids any shape; each from 0 to rows - 1
   * @return {@code [n, …]}, one row for each id
   */
  public Operand<TFloat32> lookup(String table, Operand<? extends TNumber> ids) {
    Output<TFloat32> variable = trainable.get(table);
    if (variable == null) {
      throw new TrialException(
          "Cannot look up rows of '" + table + "': found the tables " + trainable.keySet());
    }
    Operand<TInt64> flat =
        tf.reshape(tf.dtypes.cast(ids, TInt64.class), tf.constant(new int[] {-1}));
    Output<TFloat32> rows = tf.gather(variable, flat, tf.constant(0)).asOutput();
    lookups.add(new Lookup(table, flat, rows));
    return rows;
  }

  /**
   * A float32 variable of an optimizer.
   *
   * @param name its name in the graph and in checkpoints, e.g. {@code hidden/kernel/Adam}
   * @param shape fully known
   * @param initializer draws the initial value from the trial's seed and the name
   */
  public Operand<TFloat32> slot(String name, Shape shape, Initializer initializer) {
    return create(name, Kind.SLOT, shape, initializer);
  }

  /**
   * A float32 variable that is assigned and not trained, such as a moving average of the batches.
   *
   * @param name its name in the graph and in checkpoints
   * @param shape fully known
   * @param initializer draws the initial value from the trial's seed and the name
   */
  public Operand<TFloat32> statistic(String name, Shape shape, Initializer initializer) {
    return create(name, Kind.STATISTIC, shape, initializer);
  }

  /**
   * Has every training step run an op, such as the update of a moving average. The op is made once
   * the model is complete, so that it runs only in a step whose exchange succeeded.
   *
   * @param update makes the op with the ops that it is given, which wait for the exchange
   */
  public void onStep(Function<Ops, Op> update) {
    stepUpdates.add(update);
  }

  private Output<TFloat32> create(String name, Kind kind, Shape shape, Initializer initializer) {
    if (shape.hasUnknownDimension()) {
      throw new TrialException(
          "Cannot create variable '"
              + name
              + "': expected a shape with all sizes known, found "
              + LayerScope.text(shape));
    }
    return create(name, kind, shape, DataType.DT_FLOAT, initializer.value(tf, shape, seedOf(name)));
  }

  private <T extends TType> Output<T> create(
      String name, Kind kind, Shape shape, DataType type, Operand<T> initialValue) {
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
    kinds.put(name, kind);
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

  /** What each variable is for, by name. */
  public Map<String, Kind> kinds() {
    return Collections.unmodifiableMap(kinds);
  }

  /** All rows that were looked up, in the order of the calls. */
  public List<Lookup> lookups() {
    return Collections.unmodifiableList(lookups);
  }

  /** What {@link #onStep} was given, in the order of the calls. */
  public List<Function<Ops, Op>> stepUpdates() {
    return Collections.unmodifiableList(stepUpdates);
  }

  /** The ops that give the variables their initial values. */
  public List<Op> initializers() {
    return Collections.unmodifiableList(initializers);
  }

  /** The seed of what is named so: of the trial's seed and the name. */
  long seedOf(String name) {
    long hash = seed;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }
}
