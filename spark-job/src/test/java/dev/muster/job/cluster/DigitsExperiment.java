package dev.muster.job.cluster;

/** The experiment that runs on every cluster: drawn digits, small, on two slots. */
final class DigitsExperiment {
  private DigitsExperiment() {}

  /** One epoch, with a validation at its end. */
  static String yaml(String fileSystem) {
    return yaml(fileSystem, 1, 1);
  }

  /**
   * Several epochs of ten batches.
   *
   * @param fileSystem where the checkpoints go, without a slash at the end
   * @param validationPeriod epochs between two validations
   */
  static String yaml(String fileSystem, int epochs, int validationPeriod) {
    return """
        name: digits
        entrypoint: dev.muster.examples.digits.DigitsTrial
        data: {train_images: 640, validation_images: 200}
        hyperparameters: {global_batch_size: 64, learning_rate: 0.002}
        searcher: {name: single, metric: accuracy, smaller_is_better: false, max_length: {epochs: %d}}
        scheduling_unit: 5
        min_validation_period: {epochs: %d}
        checkpoint_storage: {path: %s/experiments}
        resources: {slots_per_trial: 2}
        reproducibility: {experiment_seed: 1}
        """
        .formatted(epochs, validationPeriod, fileSystem);
  }
}
