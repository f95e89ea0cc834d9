package dev.muster.examples.digits;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Finds the trained model in what an experiment left on a local disk. */
final class Checkpoints {
  private Checkpoints() {}

  /**
   * The newest SavedModel in a checkpoint, or in an experiment's best checkpoint.
   *
   * @param directory a checkpoint, or an experiment, which has a {@code result.json}
   * @throws IOException if there is none, which the message explains
   */
  static Path savedModel(Path directory) throws IOException {
    Path checkpoint =
        Files.exists(directory.resolve("result.json")) ? bestCheckpoint(directory) : directory;
    Path exports = checkpoint.resolve("digits");
    if (!Files.isDirectory(exports)) {
      throw new IOException(
          "Cannot find a SavedModel: expected a checkpoint with "
              + exports
              + ", or an experiment with "
              + directory.resolve("result.json"));
    }
    try (Stream<Path> steps = Files.list(exports)) {
      return steps
          .filter(step -> Files.exists(step.resolve("saved_model.pb")))
          .max(Comparator.comparingLong(step -> Long.parseLong(step.getFileName().toString())))
          .orElseThrow(() -> new IOException("Cannot find a SavedModel: none is below " + exports));
    }
  }

  /** The checkpoint of the highest accuracy, and the later one of two that are equal. */
  static Path bestCheckpoint(Path experiment) throws IOException {
    Path file = experiment.resolve("result.json");
    JsonNode best = null;
    double highest = Double.NEGATIVE_INFINITY;
    for (JsonNode trial : new ObjectMapper().readTree(file.toFile()).path("trials")) {
      for (JsonNode checkpoint : trial.path("checkpoints")) {
        double accuracy = checkpoint.path("metrics").path("accuracy").asDouble(0);
        if (accuracy >= highest) {
          best = checkpoint;
          highest = accuracy;
        }
      }
    }
    if (best == null) {
      throw new IOException("Cannot find a checkpoint: " + file + " lists none");
    }
    return experiment.resolve("checkpoints").resolve(best.path("uuid").asText());
  }
}
