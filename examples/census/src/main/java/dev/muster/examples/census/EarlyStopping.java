package dev.muster.examples.census;

import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.hook.RunContext;
import dev.muster.trial.hook.RunHook;
import dev.muster.trial.hook.RunValues;
import dev.muster.trial.hook.SessionContext;
import java.nio.ByteBuffer;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/** Ends the training once some validations in a row have not brought a smaller loss. */
final class EarlyStopping extends RunHook {
  private final EstimatorTrialContext context;
  private final Operand<TFloat32> loss;
  private final int patience;
  private double best = Double.POSITIVE_INFINITY;
  private int withoutProgress;
  private double lossSum;
  private long examples;

  /**
   * A validation hook.
   *
   * @param loss the mean over a batch
   * @param patience the validations without a smaller loss after which training ends
   */
  EarlyStopping(EstimatorTrialContext context, Operand<TFloat32> loss, int patience) {
    this.context = context;
    this.loss = loss;
    this.patience = patience;
  }

  @Override
  public void afterCreateSession(SessionContext session) {
    lossSum = 0;
    examples = 0;
  }

  @Override
  public void beforeRun(RunContext run) {
    run.fetch(loss);
  }

  @Override
  public void afterRun(RunContext run, RunValues values) {
    lossSum += (double) values.value(loss).floats()[0] * run.examples();
    examples += run.examples();
  }

  @Override
  public void end(SessionContext session) {
    double mean = meanOverSlots();
    withoutProgress = mean < best ? 0 : withoutProgress + 1;
    best = Math.min(best, mean);
    if (withoutProgress >= patience) {
      session.requestStop();
    }
  }

  /** The same number on every slot, so that all come to the same decision. */
  private double meanOverSlots() {
    List<double[]> slots = context.distributed().allGather(new double[] {lossSum, examples});
    return slots.stream().mapToDouble(slot -> slot[0]).sum()
        / slots.stream().mapToDouble(slot -> slot[1]).sum();
  }

  @Override
  public byte[] saveState() {
    return ByteBuffer.allocate(Double.BYTES + Integer.BYTES)
        .putDouble(best)
        .putInt(withoutProgress)
        .array();
  }

  @Override
  public void loadState(byte[] state) {
    ByteBuffer saved = ByteBuffer.wrap(state);
    best = saved.getDouble();
    withoutProgress = saved.getInt();
  }
}
