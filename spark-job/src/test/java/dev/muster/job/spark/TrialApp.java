package dev.muster.job.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.job.cli.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A whole run of the job, {@code cli.Main run} by Spark's own submit, with {@link GangTrial}: two
 * slots, 60 batches, a validation every 20, one checkpoint at the end; {@link GangSpy} listens.
 */
final class TrialApp {
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final String EXPERIMENT =
      """
      name: gang
      entrypoint: dev.muster.job.spark.GangTrial
      data: {records: 480}
      hyperparameters: {global_batch_size: 32, learning_rate: 0.5, hidden: 16}
      searcher: {name: single, metric: accuracy, smaller_is_better: false, max_length: {batches: 60}}
      scheduling_unit: 10
      min_validation_period: {batches: 20}
      checkpoint_policy: none
      resources: {slots_per_trial: 2}
      reproducibility: {experiment_seed: 7}
      """;

  private static @Nullable Outcome reference;

  private final Path folder;
  private final Map<String, String> conf = new LinkedHashMap<>();
  private final Map<String, String> environment = new LinkedHashMap<>();
  private final List<String> overrides = new ArrayList<>();
  private Class<?> main = Main.class;

  /** In a folder of its own, which may exist no more. */
  TrialApp(Path parent, String name) throws IOException {
    folder = Files.createDirectory(parent.resolve(name));
    conf("spark.extraListeners", GangSpy.class.getName());
    conf(GangSpy.FILE, folder.resolve("spy").toString());
    conf("spark.executor.defaultJavaOptions", SparkApp.QUICK_START);
    config("checkpoint_storage.path", "file://" + folder.resolve("storage"));
  }

  /** The same run undisturbed, once for all tests: on {@code local[2]}. */
  static synchronized Outcome reference() throws IOException, InterruptedException {
    Outcome run = reference;
    if (run == null) {
      run = new TrialApp(Files.createTempDirectory("muster-reference"), "run").run("local[2]");
      reference = run;
    }
    return run;
  }

  TrialApp main(Class<?> type) {
    main = type;
    return this;
  }

  TrialApp conf(String key, String value) {
    conf.put(key, value);
    return this;
  }

  /** A variable of the driver's and, on this machine, the executors' environment. */
  TrialApp environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Where all files of the run are. */
  Path folder() {
    return folder;
  }

  /** Overrides a key of the experiment. */
  TrialApp config(String key, String value) {
    overrides.addAll(List.of("--config", key + "=" + value));
    return this;
  }

  Outcome run(String master) throws IOException, InterruptedException {
    return start(master).end();
  }

  Running start(String master) throws IOException {
    Path experiment = folder.resolve("experiment.yaml");
    Files.writeString(experiment, EXPERIMENT);
    List<String> arguments = new ArrayList<>(List.of("run", experiment.toString(), "--name", "e"));
    arguments.addAll(overrides);
    Path log = folder.resolve("log");
    long start = System.nanoTime();
    Process process = new SparkApp(folder).launch(log, main, master, conf, environment, arguments);
    return new Running(folder, process, log, start);
  }

  /** A run under way. */
  record Running(Path folder, Process process, Path log, long startNanos) {
    /** Waits for a line that holds the text. */
    void awaitLine(String text) {
      Awaitility.await("a line with '" + text + "' in " + log)
          .atMost(LONGEST)
          .until(
              () ->
                  !process.isAlive() || lines(log).stream().anyMatch(line -> line.contains(text)));
    }

    Outcome end() throws IOException, InterruptedException {
      if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
        SparkApp.kill(process);
        throw new AssertionError("The run did not end:\n" + String.join("\n", lines(log)));
      }
      Outcome outcome =
          new Outcome(
              folder,
              process.exitValue(),
              lines(log),
              (System.nanoTime() - startNanos) / 1_000_000);
      SparkApp.keep(
          "%s: exit code %d after %,d ms"
              .formatted(folder.getFileName(), outcome.exitCode, outcome.millis));
      return outcome;
    }
  }

  /** A run that has ended. */
  record Outcome(Path folder, int exitCode, List<String> lines, long millis) {
    String log() {
      return String.join("\n", lines);
    }

    /** What {@link GangSpy} noted. */
    List<String> spied() {
      return TrialApp.lines(folder.resolve("spy"));
    }

    /** The lines of the spy that begin with the text. */
    List<String> spied(String beginning) {
      return spied().stream().filter(line -> line.startsWith(beginning)).toList();
    }

    JsonNode result() throws IOException {
      return new ObjectMapper()
          .readTree(folder.resolve("storage").resolve("e").resolve("result.json").toFile());
    }

    /** The bytes of all variables in the only checkpoint. */
    byte[] weights() throws IOException {
      try (Stream<Path> files = Files.walk(folder.resolve("storage"))) {
        List<Path> found =
            files
                .filter(file -> file.endsWith("variables/variables.data-00000-of-00001"))
                .filter(file -> Files.exists(file.resolveSibling("../metadata.json")))
                .toList();
        if (found.size() != 1) {
          throw new AssertionError("Expected one checkpoint, found " + found + "\n" + log());
        }
        return Files.readAllBytes(found.get(0));
      }
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
