package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether a long run grows. */
class LeakIT {
  private static final double MAX_BYTES_PER_STEP = 100;
  private static final long LIMIT_SECONDS = 500;

  @TempDir Path directory;

  @Test
  void fiftyThousandStepsLeaveMemoryThreadsAndDescriptorsFlat() throws Exception {
    List<LeakProgram.Sample> samples = run();
    assertThat(samples.get(samples.size() - 1).step()).isEqualTo(LeakProgram.STEPS);
    List<LeakProgram.Sample> warm =
        samples.stream().filter(sample -> sample.step() > LeakProgram.WARM_UP).toList();
    LeakProgram.Sample first = warm.get(0);
    LeakProgram.Sample last = warm.get(warm.size() - 1);
    Files.writeString(
        Path.of("target", "leak-it.txt"),
        "resident set %.1f bytes a step, heap %.1f bytes a step, %s to %s%n"
            .formatted(
                growth(warm, LeakProgram.Sample::resident),
                growth(warm, LeakProgram.Sample::heap),
                first,
                last));
    assertThat(growth(warm, LeakProgram.Sample::resident)).isLessThan(MAX_BYTES_PER_STEP);
    assertThat(growth(warm, LeakProgram.Sample::heap)).isLessThan(MAX_BYTES_PER_STEP);
    // Not where the other slot may still evaluate.
    List<LeakProgram.Sample> trained =
        warm.stream().filter(sample -> sample.step() % LeakProgram.LEG != 0).toList();
    assertThat(trained)
        .allSatisfy(
            sample -> {
              assertThat(sample.threads()).isLessThanOrEqualTo(first.threads());
              assertThat(sample.descriptors()).isLessThanOrEqualTo(first.descriptors());
            });
  }

  /**
   * Bytes a step: the lesser slope of the two halves. What leaks goes on to leak; what fills once,
   * such as an arena of the C library, ends within one of them.
   */
  private static double growth(
      List<LeakProgram.Sample> samples, ToLongFunction<LeakProgram.Sample> value) {
    int half = samples.size() / 2;
    return Math.min(
        slope(samples.subList(0, half), value),
        slope(samples.subList(half, samples.size()), value));
  }

  /** The least squares' slope over the steps. */
  private static double slope(
      List<LeakProgram.Sample> samples, ToLongFunction<LeakProgram.Sample> value) {
    double meanStep = samples.stream().mapToLong(LeakProgram.Sample::step).average().orElseThrow();
    double meanValue = samples.stream().mapToLong(value).average().orElseThrow();
    double products = 0;
    double squares = 0;
    for (LeakProgram.Sample sample : samples) {
      products += (sample.step() - meanStep) * (value.applyAsLong(sample) - meanValue);
      squares += (sample.step() - meanStep) * (sample.step() - meanStep);
    }
    return products / squares;
  }

  private List<LeakProgram.Sample> run() throws Exception {
    Path log = directory.resolve("log");
    Process process =
        new ProcessBuilder(command())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
    assertThat(ended && process.exitValue() == 0).as(String.join("\n", lines)).isTrue();
    return lines.stream()
        .filter(LeakProgram.Sample::isLine)
        .map(LeakProgram.Sample::parse)
        .toList();
  }

  /**
   * The JVM's own memory stands still (all of the heap touched at the start, and only the small
   * compiler, its threads from the start), so that what grows is Muster's or TensorFlow's; what
   * Muster leaves in the heap is measured by itself.
   */
  private List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xms128m",
            "-Xmx128m",
            "-XX:+AlwaysPreTouch",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UseDynamicNumberOfCompilerThreads",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            LeakProgram.class.getName(),
            directory.toString()));
    return command;
  }
}
