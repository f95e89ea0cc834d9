package dev.muster.job.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * An experiment in this JVM on {@code local[n]}, by the door that the command line uses. One at a
 * time: Spark takes its settings from the system properties.
 */
final class LocalJob {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;

  /** A job whose experiments go below this folder. */
  LocalJob(Path folder) {
    this.folder = folder;
  }

  /** What a run left. */
  record Outcome(JobExit exit, Path experiment, List<String> lines) {
    /** The file {@code result.json}. */
    JsonNode result() throws IOException {
      return JSON.readTree(experiment.resolve(ResultFile.NAME).toFile());
    }

    JsonNode trial() throws IOException {
      return result().path("trials").path(0);
    }

    /** The mean loss of each training workload. */
    List<Double> losses() throws IOException {
      return StreamSupport.stream(trial().path("training").spliterator(), false)
          .map(entry -> entry.path("metrics").path("loss").doubleValue())
          .toList();
    }

    /** The metrics of the validation with this index. */
    JsonNode validation(int index) throws IOException {
      return trial().path("validations").path(index).path("metrics");
    }

    /** The only checkpoint after so many batches. */
    Path checkpoint(long batches) throws IOException {
      List<Path> found = new ArrayList<>();
      for (JsonNode saved : trial().path("checkpoints")) {
        if (saved.path("batches").asLong() == batches) {
          found.add(experiment.resolve("checkpoints").resolve(saved.path("uuid").asText()));
        }
      }
      if (found.size() != 1) {
        throw new AssertionError("expected one checkpoint at " + batches + ", found " + found);
      }
      return found.get(0);
    }
  }

  /**
   * Runs an experiment to its end.
   *
   * @param name of the experiment's directory
   * @param cores n of {@code local[n]}
   */
  Outcome run(String name, int cores, String yaml) throws Exception {
    return run(name, cores, yaml, null);
  }

  /** As {@link #run(String, int, String)}, from a checkpoint; null: from the beginning. */
  Outcome run(String name, int cores, String yaml, @Nullable Path resumeFrom) throws Exception {
    return run(name, cores, yaml, resumeFrom, false);
  }

  /** As before, with or without {@code --accept-changed-data}. */
  Outcome run(
      String name, int cores, String yaml, @Nullable Path resumeFrom, boolean acceptChangedData)
      throws Exception {
    List<String> lines = new ArrayList<>();
    JobExit exit = with(cores, () -> job(name, yaml, lines, resumeFrom, acceptChangedData).run());
    return new Outcome(exit, experiments().resolve(name), lines);
  }

  /** Checks an experiment; the lines that it said. */
  List<String> check(String name, int cores, String yaml) throws Exception {
    List<String> lines = new ArrayList<>();
    with(
        cores,
        () -> {
          job(name, yaml, lines, null, false).check();
          return lines;
        });
    return lines;
  }

  private Path experiments() {
    return folder.resolve("experiments");
  }

  private ExperimentJob job(
      String name,
      String yaml,
      List<String> lines,
      @Nullable Path resumeFrom,
      boolean acceptChangedData)
      throws IOException {
    Path file = Files.createDirectories(folder).resolve(name + ".yaml");
    Files.writeString(file, yaml);
    RunRequest request =
        new RunRequest(
            file.toString(),
            List.of("checkpoint_storage.path=" + experiments().toUri()),
            Optional.of(name),
            acceptChangedData);
    return new ExperimentJob(
        request,
        line -> {
          synchronized (lines) {
            lines.add(line);
          }
        },
        resumeFrom == null ? null : resumeFrom.toUri().toString());
  }

  private static <T> T with(int cores, Callable<T> call) throws Exception {
    Map<String, String> properties =
        Map.of(
            "spark.master", "local[" + cores + "]",
            "spark.ui.enabled", "false",
            "spark.driver.host", "127.0.0.1",
            "spark.driver.bindAddress", "127.0.0.1");
    properties.forEach(System::setProperty);
    try {
      return call.call();
    } finally {
      properties.keySet().forEach(System::clearProperty);
    }
  }
}
