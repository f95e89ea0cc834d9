package dev.muster.job.cluster;

import dev.muster.examples.digits.DigitsTrial;
import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.hook.RunContext;
import dev.muster.trial.hook.RunValues;
import dev.muster.trial.hook.SessionHook;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The digits example with a step that takes at least {@code data: pause_millis}. */
public final class SlowDigitsTrial extends EstimatorTrial {
  private final DigitsTrial digits;

  public SlowDigitsTrial(EstimatorTrialContext context) {
    super(context);
    digits = new DigitsTrial(context);
  }

  @Override
  public Estimator buildEstimator() {
    return digits.buildEstimator();
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return digits.buildTrainSpec().hooks(new Pause(context().data("pause_millis").asLong()));
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return digits.buildValidationSpec();
  }

  @Override
  public Map<String, ServingInputReceiver> buildServingInputReceivers() {
    return digits.buildServingInputReceivers();
  }

  /** Makes each step of training slow. */
  private static final class Pause extends SessionHook {
    private final long millis;

    Pause(long millis) {
      this.millis = millis;
    }

    @Override
    public void afterRun(RunContext run, RunValues values) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }
  }
}
