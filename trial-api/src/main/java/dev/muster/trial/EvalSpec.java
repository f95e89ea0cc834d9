package dev.muster.trial;

import dev.muster.trial.data.Dataset;
import dev.muster.trial.hook.SessionHook;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The validation data, all of which is read in each validation unless {@link #steps} says less, and
 * the hooks of validations. Immutable.
 */
public final class EvalSpec {
  private final Dataset dataset;
  private final List<SessionHook> hooks;
  private final OptionalInt steps;

  private EvalSpec(Dataset dataset, List<SessionHook> hooks, OptionalInt steps) {
    this.dataset = dataset;
    this.hooks = hooks;
    this.steps = steps;
  }

  /**
   * Validation on this data set.
   *
   * @param dataset wrapped by {@link EstimatorTrialContext#wrapDataset}
   */
  public static EvalSpec of(Dataset dataset) {
    return new EvalSpec(Objects.requireNonNull(dataset, "dataset"), List.of(), OptionalInt.empty());
  }

  /**
   * With further hooks, called after those that are there and before those of {@link
   * EstimatorSpec.Eval#hooks}.
   */
  public EvalSpec hooks(SessionHook... more) {
    List<SessionHook> all = new ArrayList<>(hooks);
    all.addAll(List.of(more));
    return new EvalSpec(dataset, List.copyOf(all), steps);
  }

  /**
   * With a limit: each slot reads its first batches only. By default all validation data is read.
   *
   * @param batchesPerSlot at least 1; where a slot has fewer batches, it reads those
   */
  public EvalSpec steps(int batchesPerSlot) {
    if (batchesPerSlot < 1) {
      throw new TrialException(
          "Cannot validate on "
              + batchesPerSlot
              + " batches: expected at least 1; leave steps(…) out to read all validation data");
    }
    return new EvalSpec(dataset, hooks, OptionalInt.of(batchesPerSlot));
  }

  /** The validation data. */
  public Dataset dataset() {
    return dataset;
  }

  /** The hooks in the order in which they are called. */
  public List<SessionHook> hooks() {
    return hooks;
  }

  /** The batches that each slot reads at most; empty for all. */
  public OptionalInt steps() {
    return steps;
  }
}
