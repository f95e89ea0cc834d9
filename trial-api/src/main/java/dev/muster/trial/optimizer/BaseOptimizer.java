package dev.muster.trial.optimizer;

import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Initializer;
import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * What Muster's own optimizers share: a learning rate, a name, and what is done to the gradients
 * before they are applied. With several slots that is done to their mean.
 *
 * <p>The update waits for all gradients and for the loss, and variables are updated by TensorFlow's
 * own kernels: a step is the same on every run.
 *
 * @param <O> the optimizer, which its settings return
 */
public abstract class BaseOptimizer<O extends BaseOptimizer<O>> extends Optimizer {
  private static final Pattern LEGAL_NAME = Pattern.compile("[A-Za-z0-9.][A-Za-z0-9_.\\-/]*");

  /** What is settled at the first use. */
  private record Used(String name, Ops tf, Operand<TFloat32> rate) {}

  private final Graph graph;
  private final Variables variables;
  private final String kind;
  private final LearningRate learningRate;
  private final List<GradientChange> changes = new ArrayList<>();
  private final Map<String, Operand<TFloat32>> slots = new HashMap<>();
  private Predicate<String> decayed = variable -> true;
  private @Nullable String givenName;
  private @Nullable Used used;
  private @Nullable Operand<TFloat32> loss;

  /**
   * An optimizer of this graph's variables.
   *
   * @param kind as TensorFlow names it, e.g. {@code RMSProp}
   */
  BaseOptimizer(Graph graph, Variables variables, String kind, LearningRate learningRate) {
    this.graph = graph;
    this.variables = variables;
    this.kind = kind;
    this.learningRate = learningRate;
  }

  abstract O self();

  /**
   * The optimizer's name: in checkpoints its learning rate and its variables ({@code w/NAME}) are
   * named by it. The default is the kind's, e.g. {@code adam} with the variables {@code w/Adam} and
   * {@code w/Adam_1}; a second one of the kind in the model is {@code adam_1}.
   *
   * @param name letters, digits and {@code _ . - /}
   * @throws TrialException if the name is not legal; at the first use if another has it
   */
  public final O name(String name) {
    if (!LEGAL_NAME.matcher(name).matches()) {
      throw new TrialException(
          "Cannot name an optimizer '" + name + "': expected letters, digits and _ . - /");
    }
    unused("name");
    givenName = name;
    return self();
  }

  /**
   * Limits each element of the gradients to -limit … limit. Changes of gradients are made in the
   * order of the calls.
   *
   * @param limit above 0
   */
  public final O clipByValue(float limit) {
    return change(GradientChange.clipByValue(Checks.positive("clipping limit", limit)));
  }

  /**
   * Scales each variable's gradient down to this L2 norm if it is above it.
   *
   * @param norm above 0
   */
  public final O clipByNorm(float norm) {
    return change(GradientChange.clipByNorm(Checks.positive("clipping norm", norm)));
  }

  /**
   * Scales all gradients by one factor so that the L2 norm of all of them together is this at most
   * (Pascanu et al., 2012). A norm that is not finite makes all gradients NaN.
   *
   * @param norm above 0
   */
  public final O clipByGlobalNorm(float norm) {
    return change(GradientChange.clipByGlobalNorm(Checks.positive("clipping norm", norm)));
  }

  /**
   * Adds decay × variable to each gradient (L2 regularization, coupled: the optimizer sees it as
   * part of the gradient), for a table of its touched rows only. Clipping that is called before
   * does not see it, clipping that is called after does. Decoupled decay is {@link
   * Optimizers#adamW}.
   *
   * @param decay from 0
   */
  public O weightDecay(float decay) {
    Checks.notNegative("weight decay", decay);
    return change(GradientChange.weightDecay(decay, name -> decayed.test(name)));
  }

  /**
   * Which variables decay; the default is all.
   *
   * @param variables of a variable's name whether it decays, e.g. {@code name ->
   *     name.endsWith("/kernel")}
   */
  public final O decayOnly(Predicate<String> variables) {
    unused("decayOnly");
    decayed = variables;
    return self();
  }

  private O change(GradientChange change) {
    unused("a change of gradients");
    changes.add(change);
    return self();
  }

  final void unused(String setting) {
    if (used != null) {
      throw new TrialException(
          "Cannot set "
              + setting
              + " of optimizer '"
              + used.name
              + "': it is in use already; set it before minimize");
    }
  }

  private Used use() {
    Used now = used;
    if (now == null) {
      String name = givenName == null ? freeName(kind.toLowerCase(Locale.ROOT)) : givenName;
      if (taken(name)) {
        throw new TrialException(
            "Cannot use the name '" + name + "' for an optimizer: the model has one of this name");
      }
      Ops tf = Ops.create(graph).withSubScope(name.replace('/', '_'));
      Operand<TFloat32> rate = learningRate.at(tf, variables.globalStep());
      GraphWalk.refuseInputs(rate);
      Operand<TFloat32> named =
          graph
              .opBuilder("Identity", rateOf(name), tf.scope())
              .addInput(rate.asOutput())
              .build()
              .<TFloat32>output(0);
      now = new Used(name, tf, named);
      used = now;
    }
    return now;
  }

  private String freeName(String base) {
    String name = base;
    for (int i = 1; taken(name); i++) {
      name = base + "_" + i;
    }
    return name;
  }

  private boolean taken(String name) {
    return graph.operation(rateOf(name)) != null;
  }

  private static String rateOf(String name) {
    return name + "/learning_rate";
  }

  @Override
  public final Map<String, Operand<TFloat32>> learningRates() {
    return Map.of(use().name, use().rate);
  }

  @Override
  public final Map<String, String> schedules() {
    return Map.of(use().name, learningRate.toString());
  }

  @Override
  public final List<GradientAndVariable> computeGradients(Operand<TFloat32> loss) {
    return computeGradients(loss, variables.trainable().keySet());
  }

  @Override
  public final List<GradientAndVariable> computeGradients(
      Operand<TFloat32> loss, Collection<String> names) {
    this.loss = loss;
    use();
    return new Gradients(graph, variables).of(loss, names);
  }

  @Override
  public final Op applyGradients(List<GradientAndVariable> gradients) {
    if (gradients.isEmpty()) {
      throw new TrialException(
          "Cannot apply gradients: there are none; hand in what computeGradients returned");
    }
    Ops tf = use().tf;
    List<GradientAndVariable> changed = gradients;
    for (GradientChange change : changes) {
      changed = change.of(tf, changed);
    }
    Ops after = tf.withControlDependencies(List.of(barrier(changed)));
    begin();
    List<Op> updates = new ArrayList<>();
    for (GradientAndVariable pair : changed) {
      Optional<Operand<TInt64>> rows = pair.rows();
      updates.add(rows.isPresent() ? rows(after, pair, rows.get()) : dense(after, pair));
    }
    updates.addAll(end(tf.withControlDependencies(updates)));
    return tf.withControlDependencies(updates).noOp();
  }

  /**
   * The update waits for all gradients, the rate and the loss: a metric that is fetched with the
   * step never sees half-updated variables, and a broken exchange leaves all of them as they were.
   */
  private Op barrier(List<GradientAndVariable> gradients) {
    List<Op> before = new ArrayList<>();
    for (GradientAndVariable pair : gradients) {
      before.add(pair.gradient());
      pair.rows().ifPresent(before::add);
    }
    before.add(rate());
    if (loss != null) {
      before.add(loss);
    }
    return use().tf.withControlDependencies(before).noOp();
  }

  /** Makes what the updates share. */
  void begin() {}

  /** The update of a variable; ops made by {@code after} wait for all gradients. */
  abstract Op dense(Ops after, GradientAndVariable pair);

  /** The update of some rows of a variable. */
  abstract Op rows(Ops after, GradientAndVariable pair, Operand<TInt64> rows);

  /** What is done when all variables are updated; ops made by {@code last} wait for that. */
  List<Op> end(Ops last) {
    return List.of();
  }

  final Operand<TFloat32> rate() {
    return use().rate;
  }

  final Operand<TFloat32> number(float value) {
    return use().tf.constant(value);
  }

  final boolean decays(String variable) {
    return decayed.test(variable);
  }

  /** A variable beside a trained one, as TensorFlow names it: made in the order of the calls. */
  final Operand<TFloat32> slot(GradientAndVariable pair, String use, Initializer initializer) {
    return slots.computeIfAbsent(
        pair.name() + ":" + use,
        key ->
            variables.slot(
                free(pair.name() + "/" + (givenName == null ? kind : givenName)),
                pair.variable().shape(),
                initializer));
  }

  /** A scalar variable of the optimizer. */
  final Operand<TFloat32> slot(String name, float value) {
    return slots.computeIfAbsent(
        name, key -> variables.slot(free(name), Shape.scalar(), Initializer.constant(value)));
  }

  private String free(String base) {
    String name = base;
    for (int i = 1; variables.all().containsKey(name); i++) {
      name = base + "_" + i;
    }
    return name;
  }
}
