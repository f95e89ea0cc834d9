package dev.muster.trial;

import dev.muster.trial.data.Dataset;
import dev.muster.trial.hook.RunHook;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The training data and the hooks. Immutable. */
public final class TrainSpec {
  private final Dataset dataset;
  private final List<RunHook> hooks;

  private TrainSpec(Dataset dataset, List<RunHook> hooks) {
    this.dataset = dataset;
    this.hooks = hooks;
  }

  /**
   * Training on this data set.
   *
   * @param dataset wrapped by {@link EstimatorTrialContext#wrapDataset}
   */
  public static TrainSpec of(Dataset dataset) {
    return new TrainSpec(Objects.requireNonNull(dataset, "dataset"), List.of());
  }

  /** With further hooks, called after those that are there. */
  public TrainSpec hooks(RunHook... more) {
    List<RunHook> all = new ArrayList<>(hooks);
    all.addAll(List.of(more));
    return new TrainSpec(dataset, List.copyOf(all));
  }

  /** The training data. */
  public Dataset dataset() {
    return dataset;
  }

  /** The hooks in the order in which they are called. */
  public List<RunHook> hooks() {
    return hooks;
  }
}
