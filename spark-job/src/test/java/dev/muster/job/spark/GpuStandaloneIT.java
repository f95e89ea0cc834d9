package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.spark.TrialApp.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole runs on a Worker whose discovery script makes two GPUs up: everything but TensorFlow's own
 * use of them, which {@code docs/gpu.md} lists with the commands that test it.
 */
class GpuStandaloneIT {
  @TempDir static Path folder;

  private static StandaloneCluster cluster;

  @BeforeAll
  static void startCluster() throws IOException {
    cluster = new StandaloneCluster(folder);
    cluster.addGpuWorker("127.0.0.1", 4, List.of("0", "1"));
  }

  @AfterAll
  static void stopAll() throws InterruptedException {
    cluster.close();
  }

  private static TrialApp app(String name) throws IOException {
    return new TrialApp(folder, name)
        .config("resources.gpus_per_slot", "1")
        .conf("spark.executor.cores", "2");
  }

  private static void assertEachOnItsOwn(Outcome run) throws Exception {
    assertThat(run.exitCode()).as(run::log).isZero();
    assertThat(run.weights()).as("soft placement").isEqualTo(TrialApp.reference().weights());
    List<String> placed =
        run.lines().stream()
            .filter(line -> line.contains(" runs on host "))
            .map(line -> line.replaceFirst(".*, (GPU \\d).*", "$1"))
            .sorted()
            .toList();
    assertThat(placed).as(run::log).containsExactly("GPU 0", "GPU 1");
    assertThat(run.result().at("/trials/0/placement").findValuesAsText("gpu"))
        .containsExactlyInAnyOrder("0", "1");
    String executors = executorLogs();
    for (int gpu = 0; gpu < 2; gpu++) {
      assertThat(executors)
          .containsPattern("is placed on /device:GPU:" + gpu + " \\(GPU " + gpu + "\\)")
          .containsPattern("TensorFlow sees no GPU where Spark gave rank \\d GPU " + gpu + " of");
    }
  }

  private static String executorLogs() throws IOException {
    try (Stream<Path> files = Files.walk(cluster.workDirectory(1))) {
      return files
          .filter(file -> file.endsWith("stderr") || file.endsWith("stdout"))
          .map(GpuStandaloneIT::text)
          .collect(Collectors.joining("\n"));
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void twoSlotsOfAnExecutorTrainEachOnItsOwnGpu() throws Exception {
    Outcome run = app("static").conf(GpuPlan.ALLOW_MISSING, "true").run(cluster.master());

    assertEachOnItsOwn(run);
    assertThat(run.log())
        .contains("set spark.executor.resource.gpu.amount=2 (one for each slot of an executor)")
        .contains("set spark.task.resource.gpu.amount=1 (a slot's own GPU)");
  }

  @Test
  void withDynamicAllocationTheLegsAloneAskForGpusAndHoldTheirExecutor() throws Exception {
    Outcome run =
        app("dynamic")
            .config("data.gap", "pause")
            .conf(GpuPlan.ALLOW_MISSING, "true")
            .conf("spark.dynamicAllocation.enabled", "true")
            .conf("spark.dynamicAllocation.shuffleTracking.enabled", "true")
            .conf("spark.dynamicAllocation.minExecutors", "0")
            .conf("spark.dynamicAllocation.executorIdleTimeout", "1s")
            .conf("spark.dynamicAllocation.cachedExecutorIdleTimeout", "1s")
            .conf("spark.dynamicAllocation.shuffleTracking.timeout", "1s")
            .run(cluster.master());

    assertEachOnItsOwn(run);
    assertThat(run.log()).contains("resource profile 1 for the slots: ");
    assertThat(run.result().at("/trials/0/restarts").asInt()).as(run::log).isZero();
    assertThat(
            run.spied("task of leg ").stream()
                .filter(line -> !line.startsWith("task of leg 0 "))
                .map(line -> line.replaceFirst(".* on executor (\\S+) .*", "$1"))
                .distinct())
        .as(() -> String.join("\n", run.spied()))
        .hasSize(1);
  }

  @Test
  void aGpuThatTensorFlowDoesNotSeeEndsTheRun() throws Exception {
    Outcome run = app("missing").run(cluster.master());

    assertThat(run.exitCode()).as(run::log).isEqualTo(4);
    assertThat(run.log())
        .containsPattern(
            "Cannot train: TensorFlow sees no GPU where Spark gave rank \\d GPU \\d of host"
                + " 127.0.0.1; add TensorFlow's library for GPUs by --jars");
  }
}
