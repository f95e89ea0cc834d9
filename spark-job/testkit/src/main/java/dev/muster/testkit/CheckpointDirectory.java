package dev.muster.testkit;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.search.SequencerState;
import dev.muster.job.spark.SequenceJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The part of a checkpoint that the job's driver writes. */
final class CheckpointDirectory {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private CheckpointDirectory() {}

  /** Makes the directory, which must be empty. */
  static void prepare(Path directory) {
    try {
      Files.createDirectories(directory);
      try (Stream<Path> files = Files.list(directory)) {
        if (files.findAny().isPresent()) {
          throw new IllegalArgumentException(
              "Cannot write a checkpoint to " + directory + ": expected an empty directory");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write a checkpoint to " + directory, e);
    }
  }

  static void complete(Path directory, ExperimentConfig config, SequencerState state) {
    try {
      Files.writeString(directory.resolve("experiment.yaml"), config.toYaml());
      JSON.writeValue(sequencer(directory).toFile(), SequenceJson.of(state));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write a checkpoint to " + directory, e);
    }
  }

  /** Where the sequence of workloads stood. */
  static SequencerState sequence(Path directory) {
    try {
      return SequenceJson.parse(JSON.readTree(sequencer(directory).toFile()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the checkpoint in " + directory, e);
    }
  }

  private static Path sequencer(Path directory) {
    return directory.resolve("state").resolve(SequenceJson.FILE);
  }
}
