package dev.muster.job.runtime;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.hook.RunContext;
import dev.muster.trial.hook.RunHook;
import dev.muster.trial.hook.RunValues;
import dev.muster.trial.layer.Activation;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;

/**
 * A classifier with everything random that TensorFlow's own ops offer: an initial value, dropout,
 * noise in validation, and shuffled records; with variables that steps assign and nothing trains,
 * such as {@code mask}, the last dropout mask, and {@code mean}, a moving average of the inputs.
 */
public final class NoisyTrial extends EstimatorTrial {
  static final int HIDDEN = 16;

  public NoisyTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Ops tf = m.tf();
    Operand<TFloat32> x = m.feature("x", TFloat32.class);
    Operand<TFloat32> kernel =
        m.variable(
            "hidden/kernel",
            Shape.of(Clusters.FEATURES, HIDDEN),
            (ops, shape, seed) ->
                ops.math.mul(
                    ops.random.truncatedNormal(ops.constant(shape.asArray()), TFloat32.class),
                    ops.constant(0.3f)));
    Operand<TFloat32> hidden = tf.nn.relu(tf.linalg.matMul(x, kernel));
    Operand<TFloat32> unit =
        tf.withName("unit").random.randomUniform(tf.constant(new int[] {HIDDEN}), TFloat32.class);
    Operand<TFloat32> mask =
        tf.withName("dropped").math.floor(tf.math.add(unit, tf.constant(0.5f)));
    if (m.mode() == Mode.TRAIN) {
      hidden = tf.math.mul(tf.math.mul(hidden, mask), tf.constant(2f));
    }
    Operand<TFloat32> logits =
        m.layers().dense("logits", hidden, Clusters.CLASSES, Activation.LINEAR);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("scores", tf.nn.softmax(logits)));
    }
    Operand<TInt64> y = m.label("y", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(y, logits);
    Statistics statistics = Statistics.create(tf);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss)
          .metric("noise", m.metrics().mean(unit))
          .metric("wide", m.metrics().mean(statistics.wide()))
          .metric("labels", m.metrics().mean(statistics.labels()));
    }
    Op trained =
        context()
            .wrapOptimizer(m.optimizers().adam(context().hparam("learning_rate").asFloat()))
            .minimize(loss);
    Op corrupted = corrupt(tf.withControlDependencies(List.of(trained)), kernel, m.globalStep());
    return EstimatorSpec.train(loss, statistics.assign(tf, corrupted, x, y, mask));
  }

  /** Adds 1 to all weights in the fifth step of the slot that the hyperparameters name. */
  private Op corrupt(Ops tf, Operand<TFloat32> kernel, Operand<TInt64> step) {
    boolean here =
        Objects.equals(context().hparams().get("corrupted_rank"), context().distributed().rank());
    Output<TFloat32> variable = ((GraphOperation) kernel.op()).input(0).expect(TFloat32.class);
    Operand<TFloat32> fifth = tf.dtypes.cast(tf.math.equal(step, tf.constant(4L)), TFloat32.class);
    Operand<TFloat32> change = tf.math.mul(fifth, tf.constant(here ? 1f : 0f));
    return tf.assignAdd(variable, tf.broadcastTo(change, tf.shape(variable)));
  }

  /** What steps assign and nothing trains: of several types, and one that never changes. */
  private record Statistics(
      Operand<TFloat32> mask,
      Operand<TFloat32> mean,
      Operand<TFloat64> wide,
      Operand<TInt64> labels,
      Operand<TFloat32> frozen) {
    static Statistics create(Ops tf) {
      Ops init = tf.withInitScope();
      Operand<TFloat32> frozen = init.withName("frozen").variable(Shape.of(HIDDEN), TFloat32.class);
      init.assign(
          frozen,
          init.withName("frozen_value")
              .random
              .randomUniform(init.constant(new int[] {HIDDEN}), TFloat32.class));
      return new Statistics(
          zeros(init, "mask", TFloat32.class, Shape.of(HIDDEN)),
          zeros(init, "mean", TFloat32.class, Shape.of(Clusters.FEATURES)),
          zeros(init, "wide", TFloat64.class, Shape.scalar()),
          zeros(init, "labels", TInt64.class, Shape.scalar()),
          frozen);
    }

    private static <T extends TNumber> Operand<T> zeros(
        Ops init, String name, Class<T> type, Shape shape) {
      Variable<T> variable = init.withName(name).variable(shape, type);
      init.assign(variable, init.zeros(init.constant(shape.asArray()), type));
      return variable;
    }

    Op assign(Ops tf, Op after, Operand<TFloat32> x, Operand<TInt64> y, Operand<TFloat32> newMask) {
      Operand<TInt32> rows = tf.constant(0);
      Operand<TFloat32> ofBatch = tf.math.mean(x, rows);
      return tf.withControlDependencies(
              List.of(
                  after,
                  tf.assign(mask, newMask),
                  tf.assign(
                      mean,
                      tf.math.add(
                          mean, tf.math.mul(tf.math.sub(ofBatch, mean), tf.constant(0.1f)))),
                  tf.assign(wide, tf.dtypes.cast(tf.math.mean(ofBatch, rows), TFloat64.class)),
                  tf.assign(labels, tf.math.add(labels, tf.reduceSum(y, rows)))))
          .noOp();
    }
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(ClassifierTrial.dataset()).shuffle().batch())
        .hooks(new FetchingHook());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(ClassifierTrial.dataset()).batch());
  }

  /** Fetches the random op itself, in each step: it must see what the model saw. */
  static final class FetchingHook extends RunHook {
    @Override
    public void beforeRun(RunContext run) {
      run.fetch("unit");
      run.fetch("dropped");
    }

    @Override
    public void afterRun(RunContext run, RunValues values) {
      float[] unit = values.value("unit").floats();
      float[] dropped = values.value("dropped").floats();
      for (int i = 0; i < unit.length; i++) {
        if (Math.floor(unit[i] + 0.5f) != dropped[i]) {
          throw new IllegalStateException("A hook sees other random numbers than the model");
        }
      }
    }
  }
}
