package dev.muster.job.spark;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.hook.RunContext;
import dev.muster.trial.hook.RunHook;
import dev.muster.trial.hook.RunValues;
import dev.muster.trial.hook.SessionContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;

/**
 * y = x by one weight, whose hooks count their calls. Hyperparameter {@code stop}: which hook asks
 * for a stop at each batch, {@code train} or {@code eval}.
 */
public final class CountedTrial extends EstimatorTrial {
  private static final Map<String, AtomicInteger> COUNTS = new ConcurrentSkipListMap<>();

  public CountedTrial(EstimatorTrialContext context) {
    super(context);
  }

  /** How often each call was made on all slots, since the last time that this was asked. */
  static Map<String, Integer> counts() {
    Map<String, Integer> counts = new ConcurrentSkipListMap<>();
    COUNTS.forEach((call, count) -> counts.put(call, count.get()));
    COUNTS.clear();
    return counts;
  }

  private static void count(String call) {
    COUNTS.computeIfAbsent(call, key -> new AtomicInteger()).incrementAndGet();
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> x = m.feature("x", TFloat32.class); // [batch]
    Operand<TFloat32> column = m.tf().reshape(x, m.tf().constant(new int[] {-1, 1}));
    Operand<TFloat32> prediction =
        m.tf().reshape(m.layers().dense("line", column, 1), m.tf().constant(new int[] {-1}));
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("prediction", prediction));
    }
    Operand<TFloat32> loss = m.losses().meanSquaredError(m.label("y", TFloat32.class), prediction);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss);
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(1e-4f)).minimize(loss));
  }

  private static Dataset numbers(int from, int to) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = from; i < to; i++) {
      rows.add(Map.of("x", (float) i, "y", (float) i));
    }
    return Dataset.rows(rows)
        .feature("x", TFloat32.class, Shape.scalar())
        .label("y", TFloat32.class);
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(numbers(0, 100)).batch())
        .hooks(new Counting("train"));
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(numbers(0, 4)).batch()).hooks(new Counting("eval"));
  }

  /** Counts its calls, and its checkpoints in a file that rides along in them. */
  private final class Counting extends RunHook {
    private final String name;
    private int checkpoints;

    Counting(String name) {
      this.name = name;
    }

    @Override
    public void afterRun(RunContext run, RunValues values) {
      count(name + ".afterRun");
      if (context().hparam("stop").asString().equals(name)) {
        run.requestStop();
      }
    }

    @Override
    public void end(SessionContext session) {
      count(name + ".end");
      if (context().hparam("stop").asString().equals(name + ".end fails")) {
        throw new IllegalStateException("asked to fail");
      }
    }

    @Override
    public void onCheckpointEnd(Path directory) throws IOException {
      checkpoints++;
      Files.writeString(directory.resolve(name + ".log"), Integer.toString(checkpoints));
    }

    @Override
    public void onTrialClose() {
      count(name + ".onTrialClose");
    }
  }
}
