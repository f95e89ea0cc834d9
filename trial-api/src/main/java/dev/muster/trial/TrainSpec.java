package dev.muster.trial;

import dev.muster.trial.data.Dataset;
import dev.muster.trial.hook.SessionHook;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/** The training data and the hooks. Immutable. */
public final class TrainSpec {
  private final Dataset dataset;
  private final List<SessionHook> hooks;
  private final OptionalLong maxSteps;

  private TrainSpec(Dataset dataset, List<SessionHook> hooks, OptionalLong maxSteps) {
    this.dataset = dataset;
    this.hooks = hooks;
    this.maxSteps = maxSteps;
  }

  /**
   * Training on this data set.
   *
   * @param dataset wrapped by {@link EstimatorTrialContext#wrapDataset}
   */
  public static TrainSpec of(Dataset dataset) {
    return new TrainSpec(
        Objects.requireNonNull(dataset, "dataset"), List.of(), OptionalLong.empty());
  }

  /**
   * With further hooks, called after those that are there and before those of {@link
   * EstimatorSpec.Train#hooks}.
   */
  public TrainSpec hooks(SessionHook... more) {
    List<SessionHook> all = new ArrayList<>(hooks);
    all.addAll(List.of(more));
    return new TrainSpec(dataset, List.copyOf(all), maxSteps);
  }

  /**
   * Accepted and ignored, with a warning: the length of the training is the searcher's, {@code
   * searcher.max_length} of the experiment's configuration.
   */
  public TrainSpec maxSteps(long steps) {
    return new TrainSpec(dataset, hooks, OptionalLong.of(steps));
  }

  /** The training data. */
  public Dataset dataset() {
    return dataset;
  }

  /** The hooks in the order in which they are called. */
  public List<SessionHook> hooks() {
    return hooks;
  }

  /** What {@link #maxSteps(long)} was given, which nothing follows. */
  public OptionalLong maxSteps() {
    return maxSteps;
  }
}
