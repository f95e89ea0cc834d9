package dev.muster.job.runtime;

import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.TrialException;
import dev.muster.trial.optimizer.Optimizer;
import org.jspecify.annotations.Nullable;

/** The context of a trial that its author debugs: one slot, and no replica around it. */
public final class LocalContext {
  private LocalContext() {}

  /**
   * The context of the only slot.
   *
   * @param definition of one slot
   */
  public static EstimatorTrialContext of(TrialDefinition definition) {
    return new OfOneSlot(definition);
  }

  private static final class OfOneSlot extends SlotTrialContext {
    OfOneSlot(TrialDefinition definition) {
      super(definition, 0, 0);
    }

    /** With one slot there is nothing to average: the optimizer itself. */
    @Override
    public Optimizer wrapOptimizer(@Nullable Optimizer optimizer) {
      if (optimizer == null) {
        throw new TrialException(
            "Cannot wrap an optimizer that is null outside Spark; train with the test kit's"
                + " TrialTester");
      }
      return optimizer;
    }
  }
}
