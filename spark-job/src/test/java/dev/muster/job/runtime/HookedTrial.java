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
import dev.muster.trial.hook.SessionContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * A model whose hooks write down their calls, under the hyperparameter {@code tag} and the rank.
 * Hyperparameters {@code fail_hook} and {@code fail_method} name a call that throws, {@code
 * stop_rank} the slot that asks for a stop after batch 3.
 */
public final class HookedTrial extends EstimatorTrial {
  private static final Map<String, List<String>> CALLS = new ConcurrentHashMap<>();

  public HookedTrial(EstimatorTrialContext context) {
    super(context);
  }

  /** What the hooks of a slot wrote down. */
  static List<String> calls(String tag, int rank) {
    return CALLS.computeIfAbsent(
        tag + " " + rank, key -> Collections.synchronizedList(new ArrayList<>()));
  }

  private List<String> calls() {
    return calls(context().hparam("tag").asString(), context().distributed().rank());
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> x = m.feature("x", TFloat32.class);
    Operand<TFloat32> logits = m.layers().dense("logits", x, Clusters.CLASSES);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("logits", logits));
    }
    Operand<TInt64> y = m.label("y", TInt64.class);
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(y, logits);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss).hooks(new Noting("evalSpec"));
    }
    return EstimatorSpec.train(
            loss, context().wrapOptimizer(m.optimizers().sgd(0.1f)).minimize(loss))
        .hooks(new Noting("trainSpec"));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(ClassifierTrial.dataset()).batch())
        .hooks(new Noting("first"), new Noting("second"));
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(context().wrapDataset(ClassifierTrial.dataset()).batch())
        .steps(context().hparam("eval_steps").asInt())
        .hooks(new Noting("eval"));
  }

  /** Writes down its calls. */
  final class Noting extends RunHook {
    private final String name;
    private int checkpoints;

    Noting(String name) {
      this.name = name;
    }

    private void note(String method, Object... details) {
      StringBuilder text = new StringBuilder(name + "." + method);
      for (Object detail : details) {
        text.append(' ').append(detail);
      }
      calls().add(text.toString());
      if (context().hparams().containsKey("fail_hook")
          && context().hparam("fail_hook").asString().equals(name)
          && context().hparam("fail_method").asString().equals(method)) {
        throw new IllegalStateException("asked to fail");
      }
    }

    @Override
    public void begin(Graph graph) {
      note("begin");
    }

    @Override
    public void afterCreateSession(SessionContext session) {
      note("afterCreateSession", session.globalStep());
      if (context().hparams().containsKey("read")) {
        session.value(context().hparam("read").asString());
      }
    }

    @Override
    public void beforeRun(RunContext run) {
      note("beforeRun", run.batch());
      run.fetch("y");
    }

    @Override
    public void afterRun(RunContext run, RunValues values) {
      note("afterRun", run.batch(), values.value("y").longs().length, run.globalStep());
      if (context().hparams().containsKey("gather")) {
        int mine = 10 * context().distributed().rank() + (int) run.batch();
        calls().add("gathered " + context().distributed().allGather(mine));
      }
      if (run.batch() == 3
          && context().hparams().containsKey("stop_rank")
          && context().hparam("stop_rank").asInt() == context().distributed().rank()) {
        run.requestStop();
      }
    }

    @Override
    public void end(SessionContext session) {
      note("end", session.globalStep());
    }

    @Override
    public void onCheckpointLoad(Path directory) {
      note("onCheckpointLoad");
    }

    @Override
    public void onCheckpointEnd(Path directory) {
      checkpoints++;
      note("onCheckpointEnd");
    }

    @Override
    public byte[] saveState() {
      note("saveState");
      return (name + " " + context().distributed().rank() + " " + checkpoints).getBytes();
    }

    @Override
    public void loadState(byte[] state) {
      note("loadState", new String(state));
    }

    @Override
    public void onTrialClose() {
      note("onTrialClose");
    }
  }
}
