package dev.muster.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Muster as a user runs it: the job jar, submitted on executors of one core each.
 *
 * @param root the repository
 * @param folder for experiments and logs
 */
record SubmittedJob(String label, int slots, Path root, Path folder, MachineLoad load)
    implements Contender {
  private static final Pattern PROGRESS = Pattern.compile("([0-9,]+) of [0-9,]+ batches, loss");
  private static final int WORKER_MEGABYTES = 2048;

  @Override
  public Measurement run(Work work) throws IOException, InterruptedException {
    Path run = Files.createTempDirectory(folder, work.name() + "-" + slots + "-");
    Path experiment = Files.writeString(run.resolve("experiment.yaml"), experiment(work, run));
    Path log = run.resolve("log.txt");
    Process process = start(experiment, run);
    MachineLoad.Use use;
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      use = follow(output, log, work);
    } finally {
      process.destroy();
    }
    int code = process.waitFor();
    if (code != 0) {
      throw new IOException("Cannot run the job: exit code " + code + ", see " + log);
    }
    return Measurement.of(work, slots, examplesPerSecond(run, work), use);
  }

  private Process start(Path experiment, Path run) throws IOException {
    String cache = "-Dorg.bytedeco.javacpp.cachedir=" + System.getProperty(Bench.NATIVE_CACHE);
    ProcessBuilder builder =
        new ProcessBuilder(
            root.resolve("scripts/submit").toString(),
            "--master",
            "local-cluster[%d,1,%d]".formatted(slots, WORKER_MEGABYTES),
            "--conf",
            "spark.ui.enabled=false",
            "--conf",
            "spark.ui.showConsoleProgress=false",
            "--conf",
            "spark.local.dir=" + run,
            "--conf",
            "spark.executor.extraJavaOptions=" + cache,
            "--driver-java-options",
            cache,
            "--jars",
            System.getProperty(Bench.JAR),
            System.getProperty(Bench.JOB_JAR),
            "run",
            experiment.toString());
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().put("TF_CPP_MIN_LOG_LEVEL", "2");
    builder.environment().put("SPARK_WORKER_DIR", run.resolve("work").toString());
    return builder.redirectErrorStream(true).start();
  }

  private String experiment(Work work, Path run) {
    return """
        name: benchmark-%s
        entrypoint: %s
        hyperparameters:
          global_batch_size: %d
        searcher:
          name: single
          metric: loss
          max_length: {batches: %d}
        scheduling_unit: %d
        checkpoint_policy: none
        checkpoint_storage:
          path: file://%s
        resources:
          slots_per_trial: %d
        reproducibility:
          experiment_seed: 1
        """
        .formatted(
            work.name(),
            NetworkTrial.class.getName(),
            work.batch() * slots,
            work.warmUp() + work.timed(),
            work.unit(),
            run.resolve("experiments"),
            slots);
  }

  /** Reads the job's lines to their end, and looks at the machine while the timed steps run. */
  private MachineLoad.Use follow(BufferedReader output, Path log, Work work) throws IOException {
    MachineLoad.@Nullable Mark start = null;
    MachineLoad.@Nullable Mark end = null;
    List<String> lines = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      Matcher progress = PROGRESS.matcher(line);
      if (progress.find()) {
        int batches = Integer.parseInt(progress.group(1).replace(",", ""));
        if (batches == work.warmUp()) {
          start = load.mark();
        } else if (batches == work.warmUp() + work.timed()) {
          end = load.mark();
        }
      }
    }
    Files.write(log, lines);
    if (start == null || end == null) {
      throw new IOException("Cannot follow the job: it did not train to its end, see " + log);
    }
    return MachineLoad.between(start, end);
  }

  /** Of the units after the warm-up, which have the same number of steps each. */
  private static double examplesPerSecond(Path run, Work work) throws IOException {
    JsonNode result = new ObjectMapper().readTree(Files.readAllBytes(resultFile(run)));
    double inverse = 0;
    int units = 0;
    for (JsonNode entry : result.at("/trials/0/training")) {
      if (entry.at("/batches").asLong() > work.warmUp()) {
        inverse += 1 / entry.at("/metrics/examples_per_second").asDouble();
        units++;
      }
    }
    if (units != work.timed() / work.unit()) {
      throw new IOException(
          "Cannot use the result: expected %d units after the warm-up, found %d"
              .formatted(work.timed() / work.unit(), units));
    }
    return units / inverse;
  }

  private static Path resultFile(Path run) throws IOException {
    try (Stream<Path> files = Files.walk(run.resolve("experiments"))) {
      Optional<Path> found =
          files.filter(file -> file.endsWith(Path.of("result.json"))).findFirst();
      return found.orElseThrow(
          () ->
              new IOException(String.format(Locale.ROOT, "Cannot find result.json below %s", run)));
    }
  }
}
