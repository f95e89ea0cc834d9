package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.runtime.TrialCheck;
import dev.muster.job.runtime.TrialDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the pre-flight finds of data and steps, with real sessions of Spark and TensorFlow. */
class PreflightChecksTest {
  private static final String TRIAL = "dev.muster.job.cli.FaultyTrial";

  @TempDir static Path scratch;
  private static SparkSession spark;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  private static TrialCheck trial(String fault, long globalBatch, int slots) {
    Map<String, Object> hyperparameters = Map.of("global_batch_size", globalBatch, "fault", fault);
    return TrialCheck.of(
        new TrialDefinition("e", 1, 7, TRIAL, Map.of("hyperparameters", hyperparameters), slots));
  }

  private static List<Finding> look(String fault, long globalBatch, int slots) throws Exception {
    try (TrialCheck trial = trial(fault, globalBatch, slots)) {
      return new DataCheck(new Sources(spark), trial, slots, scratch).findings();
    }
  }

  @Test
  void dataWithoutAFaultIsReadEncodedAndTrainedOn() throws Exception {
    List<Finding> findings = look("none", 8, 2);

    assertThat(findings).extracting(Finding::level).containsOnly(Finding.Level.FINE);
    assertThat(findings.get(0).text())
        .isEqualTo(
            "training data 'digits': 2 columns as declared; the first 8 records can be encoded, 24"
                + " bytes each");
    assertThat(findings.get(1).text()).startsWith("validation data 'digits': ");
    assertThat(findings.get(2).text())
        .startsWith("a step on the first 4 records runs in ")
        .contains(" MiB; the loss is 0.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          missingColumn | data | Cannot read column 'image' of data set 'digits': expected it among the source's columns, found [imgae, digit, weight]
          columnType    | data | Cannot read column 'image' of data set 'digits' as TFloat32
          arrayLength   | data | Cannot encode record 5 of data set 'digits': column 'image'
          nullInData    | data | Cannot encode record 6 of data set 'digits': column 'digit' is null; fill or drop nulls in the source, or give defaultValue()
          emptyData     | data | Cannot use the training data: its source has no records; check its path
          missingData   | data | Cannot read data set 'digits'
          nullSource    | data | Cannot read data set 'digits': expected rows from its source, found null
          outOfRange    | step | Cannot run step 1 on rank 0: an op of the model failed
          """)
  void faultOfTheDataIsAProblem(String fault, String check, String text) throws Exception {
    assertThat(look(fault, 8, 1))
        .filteredOn(finding -> finding.level() == Finding.Level.PROBLEM)
        .first()
        .satisfies(finding -> assertThat(finding.check()).isEqualTo(check))
        .satisfies(finding -> assertThat(finding.text()).startsWith(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          none | 9  | 1 | the training data 'digits' has 8 records, less than one global batch of 9: each step takes what there is; add records, or lower hyperparameters.global_batch_size
          none | 9  | 9 | the training data 'digits' has 8 records for 9 slots: some slots get none; add records, or lower resources.slots_per_trial
          nan  | 8  | 1 | the loss of the first 8 records is NaN before any update; check the model's loss, and the data for values that are no numbers
          """)
  void whatIsHardlyMeantIsAWarning(String fault, long globalBatch, int slots, String text)
      throws Exception {
    assertThat(look(fault, globalBatch, slots))
        .filteredOn(finding -> finding.level() == Finding.Level.WARNING)
        .first()
        .satisfies(finding -> assertThat(finding.text()).isEqualTo(text));
  }

  private static DriverStep.Activations activations(long globalBatch) throws Exception {
    try (TrialCheck trial = trial("none", globalBatch, 1)) {
      return new DriverStep(trial, scratch).activations();
    }
  }

  @Test
  void activationsGrowWithTheBatch() throws Exception {
    DriverStep.Activations one = activations(4096);
    DriverStep.Activations two = activations(8192);

    assertThat(one.bytes()).isGreaterThan(4096 * 2 * Float.BYTES); // the logits at least
    assertThat((double) two.bytes() / (double) one.bytes()).isBetween(1.5, 2.5);
  }

  @Test
  void largeBatchIsNotRunButReckonedFromSmallOnes() throws Exception {
    DriverStep.Activations large = activations(1L << 27);

    assertThat(large.isMeasured()).isFalse();
    assertThat(large.ran()).isBetween(4, 1 << 21);
    assertThat(large.bytes()).isGreaterThan((1L << 27) * 2 * Float.BYTES);
  }

  @Test
  void stepThatTakesTooLongIsNotWaitedFor() throws Exception {
    try (TrialCheck trial = trial("slow", 8, 1)) {
      DriverStep step = new DriverStep(trial, scratch, Duration.ofSeconds(1));
      assertThatThrownBy(step::activations).hasMessage("a step on the driver takes more than 1 s");
      Awaitility.await("the end of its thread")
          .atMost(Duration.ofMinutes(2))
          .until(
              () ->
                  Thread.getAllStackTraces().keySet().stream()
                      .noneMatch(thread -> thread.getName().equals("muster-step-probe")));
    }
  }

  @Test
  void stepThatFailsOnZerosIsAWarning() throws Exception {
    spark.stop();
    List<String> lines = new ArrayList<>();
    try {
      check("zeros", lines);
      assertThat(lines)
          .anyMatch(
              line ->
                  line.matches(
                      "warning: memory: a step's activations were not measured on records of zeros:"
                          + " Cannot run step 1 on rank 0: .*; if executors are killed, set"
                          + " spark.executor.memoryOverhead"));
      assertThat(lines).last().asString().startsWith("pre-flight: no problems, 2 warnings, in ");
    } finally {
      startSpark();
    }
  }

  @Test
  void checkWithoutAMasterLooksAtTheDataAndSaysThatItSawNoCluster() throws Exception {
    spark.stop();
    List<String> lines = new ArrayList<>();
    try {
      check("none", lines);
      assertThat(lines)
          .anyMatch(line -> line.startsWith("fine: storage: "))
          .anyMatch(line -> line.startsWith("fine: trial: " + TRIAL))
          .anyMatch(
              line -> line.startsWith("fine: memory: a step on the 4 records of a slot holds "))
          .anyMatch(line -> line.startsWith("fine: data: training data 'digits': "))
          .anyMatch(line -> line.startsWith("fine: step: a step on the first 4 records "))
          .anyMatch(
              line ->
                  line.startsWith("warning: cluster: it was not looked at: there is no master; "));
      assertThat(lines).last().asString().startsWith("pre-flight: no problems, 1 warning, in ");
      assertThatThrownBy(() -> check("columnType", lines))
          .isInstanceOfSatisfying(
              JobException.class, e -> assertThat(e.exit()).isEqualTo(JobExit.SETUP))
          // Once, though training and validation data both have it.
          .hasMessageStartingWith("Cannot read column 'image' of data set 'digits' as TFloat32");
    } finally {
      startSpark();
    }
  }

  private static void check(String fault, List<String> lines) throws Exception {
    Path file = scratch.resolve("check.yaml");
    Files.writeString(
        file,
        """
        name: check
        entrypoint: %s
        hyperparameters: {global_batch_size: 8, fault: %s}
        searcher: {name: single, metric: loss, max_length: {batches: 4}}
        checkpoint_storage: {path: "%s/experiments"}
        resources: {slots_per_trial: 2}
        """
            .formatted(TRIAL, fault, scratch));
    new ExperimentJob(
            new RunRequest(file.toString(), List.of(), Optional.empty(), false), lines::add)
        .check();
  }
}
