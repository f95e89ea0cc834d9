package dev.muster.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.spark.SparkApp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every mistake of a user gives one message, in seconds, and the right exit code. */
class BadInputIT {
  private static final long MAX_MILLIS = 30_000;

  @TempDir static Path work;

  /** What a user saw. */
  private record Seen(int exit, long millis, List<String> lines) {}

  private static final Map<String, Seen> SEEN = new HashMap<>();

  @BeforeAll
  static void makeAllMistakes() throws Exception {
    SparkApp.Ended ended =
        new SparkApp(work).submit("local[2]", Map.of(), BadInputMain.class, work.toString());
    assertThat(ended.exitCode()).describedAs(String.join("\n", ended.err())).isZero();
    List<String> lines = ended.err();
    for (int i = 0, begin = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith(BadInputMain.BEGIN)) {
        begin = i + 1;
      } else if (line.startsWith(BadInputMain.END)) {
        String[] words = line.substring(BadInputMain.END.length()).split(" ", -1);
        SEEN.put(
            words[0],
            new Seen(
                Integer.parseInt(words[1]),
                Long.parseLong(words[2]),
                List.copyOf(lines.subList(begin, i))));
      }
    }
  }

  static List<BadInput> inputs() {
    return BadInputs.all();
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void mistakeGivesOneMessage(BadInput input) {
    Seen seen = Objects.requireNonNull(SEEN.get(input.name()), input.name());

    assertOneMessage(seen.lines(), input.says());
    assertThat(seen.exit()).isEqualTo(input.exit());
    assertThat(seen.millis()).isLessThan(MAX_MILLIS);
  }

  private static void assertOneMessage(List<String> lines, List<String> says) {
    assertThat(lines)
        .filteredOn(line -> line.startsWith("muster: "))
        .describedAs(String.join("\n", lines))
        .hasSize(1);
    assertThat(lines).noneMatch(line -> line.matches(".* (WARN|ERROR|FATAL) .*"));
    assertThat(lines).noneMatch(line -> line.matches("\\s+at .*|Caused by: .*"));
    String message = String.join("\n", lines.subList(indexOfMessage(lines), lines.size())).strip();
    assertThat(message)
        .contains(says.stream().map(part -> part.replace("@WORK@", work.toString())).toList());
    assertThat(message).doesNotContain("dev.muster.trial.TrialException");
    assertThat(message).startsWith("muster: ").doesNotEndWith(".");
  }

  private static int indexOfMessage(List<String> lines) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("muster: ")) {
        return i;
      }
    }
    return 0;
  }

  @Test
  void processEndsWithCode2WhenTheFileIsMissing() throws Exception {
    SparkApp.Ended ended = submit(Map.of(), "run", "no/such.yaml");

    assertOneMessage(ended.err(), List.of("Cannot read experiment file no/such.yaml"));
    assertThat(ended.exitCode()).isEqualTo(2);
  }

  @Test
  void processEndsWithCode2WhenAJarOfTheUsersBundlesEverything() throws Exception {
    Path jar =
        BadInputMain.bundle(
            work.resolve("fat.jar"),
            "org.tensorflow.TensorFlow",
            "org.apache.spark.SparkContext",
            "dev.muster.trial.EstimatorTrial");

    SparkApp.Ended ended =
        submit(Map.of("spark.jars", jar.toString()), "run", work.resolve("good.yaml").toString());

    assertOneMessage(
        ended.err(),
        List.of("fat.jar: it bundles ", "tensorflow-core-api", "spark-core", "trial-api"));
    assertThat(ended.exitCode()).isEqualTo(2);
  }

  @Test
  void processEndsWithCode3WhenTheLossIsNaN() throws Exception {
    SparkApp.Ended ended =
        submit(
            Map.of(),
            "run",
            work.resolve("good.yaml").toString(),
            "--config",
            "hyperparameters.fault=nan",
            "--name",
            "nan");

    assertOneMessage(ended.err(), List.of("the loss of step 1 is NaN on rank "));
    assertThat(ended.exitCode()).isEqualTo(3);
    assertThat(Files.readString(work.resolve("experiments/nan/result.json")))
        .contains("\"exit_code\" : 3", "\"state\" : \"FAILED\"", "the loss of step 1 is NaN");
  }

  private static SparkApp.Ended submit(Map<String, String> conf, String... arguments)
      throws Exception {
    return new SparkApp(Files.createTempDirectory(work, "process"))
        .submit("local[2]", conf, Main.class, arguments);
  }
}
