package dev.muster.testkit;

import java.nio.file.Path;
import java.util.List;

/**
 * What a whole experiment did. Immutable.
 *
 * @param stream its workloads in order: {@code T} training, {@code V} validation, {@code C}
 *     checkpoint, e.g. {@code T V C T}
 * @param trainings in order
 * @param validations in order
 * @param checkpoints in order
 * @param stoppedEarly whether the trial asked to stop before its length
 */
public record ExperimentRun(
    String stream,
    List<Training> trainings,
    List<Validation> validations,
    List<Path> checkpoints,
    boolean stoppedEarly) {
  /** Copies the lists. */
  public ExperimentRun {
    trainings = List.copyOf(trainings);
    validations = List.copyOf(validations);
    checkpoints = List.copyOf(checkpoints);
  }

  /** The losses of all batches. */
  public double[] losses() {
    return trainings.stream()
        .flatMapToDouble(training -> java.util.Arrays.stream(training.losses()))
        .toArray();
  }
}
