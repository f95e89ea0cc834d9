package dev.muster.testkit;

import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.hook.RunContext;
import dev.muster.trial.hook.RunHook;
import dev.muster.trial.hook.RunValues;
import dev.muster.trial.hook.SessionContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.tensorflow.Graph;

/**
 * Exclusive or with hooks that write each of their calls as a line into the file {@code
 * data.calls}; the hyperparameter {@code stop} says whether the one of {@code training} or of
 * {@code validation} asks to stop at each batch.
 */
public final class HookedTrial extends XorTrial {
  public HookedTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return super.buildTrainSpec().hooks(new NotingHook("training"), new CountingHook());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return super.buildValidationSpec().hooks(new NotingHook("validation"));
  }

  private final class NotingHook extends RunHook {
    private final String list;

    NotingHook(String list) {
      this.list = list;
    }

    private void note(String call) throws IOException {
      Files.writeString(
          Path.of(context().data("calls").asString()),
          list + " " + call + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }

    @Override
    public void begin(Graph graph) throws IOException {
      note("begin");
    }

    @Override
    public void afterRun(RunContext run, RunValues values) throws IOException {
      note("afterRun");
      if (context().hparam("stop").asString().equals(list)) {
        context().requestStop();
      }
    }

    @Override
    public void end(SessionContext session) throws IOException {
      note("end");
    }

    @Override
    public void onTrialClose() throws IOException {
      note("onTrialClose");
    }
  }

  /** Counts checkpoints in a file that rides along in them. */
  private static final class CountingHook extends RunHook {
    private int checkpoints;

    @Override
    public void onCheckpointLoad(Path directory) throws IOException {
      checkpoints = Integer.parseInt(Files.readString(directory.resolve("custom.log")));
    }

    @Override
    public void onCheckpointEnd(Path directory) throws IOException {
      checkpoints++;
      Files.writeString(directory.resolve("custom.log"), Integer.toString(checkpoints));
    }
  }
}
