package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.job.runtime.CheckpointVariables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trials that begin with a checkpoint, in an application of their own. */
class StartTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int IMAGES = 300;

  /** Ten batches are exactly one pass. */
  private static final int BATCH = 30;

  @TempDir static Path folder;

  private static LocalJob.Outcome whole;

  private static String yaml(boolean shuffle, int batches, String hyperparameter, String source) {
    return """
        name: start
        entrypoint: %s
        data: {images: %d}
        hyperparameters:
          global_batch_size: %d
          learning_rate: 0.001
          optimizer: adam
          shuffle: %s
          %s
        searcher: {metric: loss, max_length: {batches: %d}%s}
        scheduling_unit: 5
        min_validation_period: {batches: 10}
        min_checkpoint_period: {batches: 10}
        checkpoint_policy: none
        checkpoint_storage: {path: overridden}
        resources: {slots_per_trial: 2}
        reproducibility: {experiment_seed: 7}
        """
        .formatted(
            ImagesTrial.class.getName(),
            IMAGES,
            BATCH,
            shuffle,
            hyperparameter,
            batches,
            source.isEmpty() ? "" : ", " + source);
  }

  @BeforeAll
  static void trainTwentyBatches() throws Exception {
    whole = new LocalJob(folder).run("whole", 2, yaml(false, 20, "", ""));
    assertThat(whole.exit()).isEqualTo(JobExit.DONE);
  }

  private static String at10() throws IOException {
    return "source_checkpoint_uuid: " + whole.checkpoint(10).getFileName();
  }

  private static JsonNode json(Path checkpoint, String file) throws IOException {
    return JSON.readTree(checkpoint.resolve(file).toFile());
  }

  private static void assertSameBits(Path actual, Path expected) throws IOException {
    Map<String, double[]> values = CheckpointVariables.read(actual);
    Map<String, double[]> wanted = CheckpointVariables.read(expected);
    assertThat(values.keySet())
        .contains("hidden/kernel/Adam_1", "global_step")
        .isEqualTo(wanted.keySet());
    values.forEach((name, value) -> assertThat(value).as(name).isEqualTo(wanted.get(name)));
  }

  @Test
  void resumedApplicationEndsAsTheUninterruptedOneWithShuffling() throws Exception {
    LocalJob job = new LocalJob(folder.resolve("shuffled"));
    String yaml = yaml(true, 20, "", "").replace("batch_size: 30", "batch_size: 40");
    LocalJob.Outcome straight = job.run("straight", 2, yaml);
    Path at10 = straight.checkpoint(10);
    LocalJob.Outcome resumed =
        job.run("resumed", 2, yaml.replace("experiment_seed: 7", "experiment_seed: 8"), at10);

    assertThat(resumed.exit()).isEqualTo(JobExit.DONE);
    assertThat(resumed.lines())
        .contains("resuming from checkpoint " + uri(at10) + ": 10 batches done");
    Path end = resumed.checkpoint(20);
    assertSameBits(end, straight.checkpoint(20));
    for (String file : List.of("state/slot-0.json", "state/slot-1.json", "state/sequencer.json")) {
      assertThat(json(end, file)).isEqualTo(json(straight.checkpoint(20), file));
    }
    assertThat(end.resolve("custom.log")).hasContent("2");
    assertThat(resumed.losses()).isEqualTo(straight.losses().subList(2, 4));
    for (String count : List.of("batches", "records")) {
      assertThat(resumed.trial().path(count)).isEqualTo(straight.trial().path(count));
    }
    assertThat(resumed.validation(0)).isEqualTo(straight.validation(1));
  }

  private static String uri(Path checkpoint) {
    return checkpoint.toUri().toString().replaceFirst("^file:///", "file:/").replaceFirst("/$", "");
  }

  @Test
  void warmStartTakesWeightsSlotsAndGlobalStepAndBeginsWithTheFirstBatch() throws Exception {
    LocalJob.Outcome warm = new LocalJob(folder).run("warm", 2, yaml(false, 10, "", at10()));

    assertThat(warm.exit()).isEqualTo(JobExit.DONE);
    Path end = warm.checkpoint(10);
    assertSameBits(end, whole.checkpoint(20));
    assertThat(warm.losses()).isEqualTo(whole.losses().subList(2, 4));
    assertThat(json(end, "state/slot-0.json"))
        .isEqualTo(JSON.readTree("{\"rank\": 0, \"batches\": 10, \"epoch\": 1, \"next\": 0}"));
    assertThat(json(end, "metadata.json").path("batches").asLong()).isEqualTo(10);
    assertThat(json(end, "metadata.json").path("global_step").asLong()).isEqualTo(20);
    assertThat(json(end, "metadata.json").path("metrics").path("global_step").asLong())
        .isEqualTo(20);
    assertThat(end.resolve("default/20/saved_model.pb")).isRegularFile();
    assertThat(end.resolve("custom.log")).hasContent("2");
    assertThat(warm.trial().path("records").asLong()).isEqualTo(IMAGES);
  }

  @Test
  void sourceOfAWarmStartMayBeATrialsNewestCheckpoint() throws Exception {
    String source = "source_trial_id: whole/1";
    List<String> lines = new LocalJob(folder).check("check", 2, yaml(false, 1, "", source));
    assertThat(lines).last().asString().startsWith("pre-flight: no problems, ");
    assertThatThrownBy(
            () ->
                new LocalJob(folder)
                    .check("check", 2, yaml(false, 1, "", "source_trial_id: whole/2")))
        .isInstanceOf(JobException.class)
        .hasMessageStartingWith(
            "Cannot start warm from trial whole/2: expected a checkpoint of it in ")
        .hasMessageContaining("/experiments/whole, found those of trials [1]; correct")
        .hasMessageEndingWith("searcher.source_trial_id (EXPERIMENT_ID/TRIAL)");
  }

  @Test
  void sourceThatIsNowhereIsNamed() {
    String uuid = "01234567-89ab-cdef-0123-456789abcdef";
    assertThatThrownBy(
            () ->
                new LocalJob(folder)
                    .check("check", 2, yaml(false, 1, "", "source_checkpoint_uuid: " + uuid)))
        .isInstanceOf(JobException.class)
        .hasMessageStartingWith(
            "Cannot start warm from checkpoint " + uuid + ": no experiment below file:")
        .hasMessageEndingWith("has it; correct searcher.source_checkpoint_uuid");
  }

  @Test
  void variablesOfAnotherShapeAreNamedBeforeAnythingStarts() throws Exception {
    String uuid = whole.checkpoint(10).getFileName().toString();
    assertThatThrownBy(
            () -> new LocalJob(folder).check("check", 2, yaml(false, 1, "hidden: 64", at10())))
        .isInstanceOf(JobException.class)
        .hasMessageStartingWith(
            "Cannot restore checkpoint %s: variable 'hidden/bias' has shape [128] in the checkpoint, [64] in the graph; "
                .formatted(uuid))
        .hasMessageContaining(
            "variable 'hidden/kernel' has shape [784, 128] in the checkpoint, [784, 64] in the graph");
  }

  @Test
  void variablesThatAreMissingAreAnErrorAndThoseTooManyAreTold() throws Exception {
    String sgd = yaml(false, 1, "", at10()).replace("optimizer: adam", "optimizer: sgd");
    assertThat(new LocalJob(folder).check("check", 2, sgd))
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("warning: start: the graph has no variables [beta1_power, ")
                    .contains("hidden/kernel/Adam, ")
                    .endsWith("they are ignored"));
    LocalJob.Outcome plain =
        new LocalJob(folder)
            .run("sgd", 2, yaml(false, 1, "", "").replace("optimizer: adam", "optimizer: sgd"));
    String source = "source_checkpoint_uuid: " + plain.checkpoint(1).getFileName();
    assertThatThrownBy(() -> new LocalJob(folder).check("check", 2, yaml(false, 1, "", source)))
        .isInstanceOf(JobException.class)
        .hasMessageContaining(": variable 'beta1_power' is not in the checkpoint; ");
  }

  @Test
  void otherTrainingDataThanTheCheckpointsIsRefused() throws Exception {
    Path at10 = whole.checkpoint(10);
    assertThatThrownBy(
            () ->
                new LocalJob(folder)
                    .run(
                        "other-data",
                        2,
                        yaml(false, 20, "", "").replace("images: 300", "images: 290"),
                        at10))
        .isInstanceOf(JobException.class)
        .hasMessageStartingWith(
            "Cannot resume from checkpoint %s: the training data '".formatted(at10.getFileName()))
        .hasMessageContaining("' has changed: expected 300 records, found 290; ")
        .hasMessageContaining("--accept-changed-data");
  }

  @Test
  void recordsThatDifferAreRefusedWithTheirShardOrAccepted() throws Exception {
    Path at10 = whole.checkpoint(10);
    LocalJob job = new LocalJob(folder);
    String shifted = yaml(false, 20, "first: 1", "");
    assertThatThrownBy(() -> job.run("shifted", 2, shifted, at10))
        .isInstanceOf(JobException.class)
        .hasMessageContaining(
            "' has changed: logical shard 0 of 30 (records 0, 30, 60, …) has other bytes than"
                + " before; ");

    String fewer = yaml(false, 20, "first: 1", "").replace("images: 300", "images: 290");
    LocalJob.Outcome accepted = job.run("accepted", 2, fewer, at10, true);

    assertThat(accepted.exit()).isEqualTo(JobExit.DONE);
    assertThat(accepted.lines())
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("note: the training data '")
                    .contains("' has changed: expected 300 records, found 290"));
    assertThat(json(accepted.checkpoint(20), "state/slot-0.json"))
        .isEqualTo(JSON.readTree("{\"rank\": 0, \"batches\": 20, \"epoch\": 2, \"next\": 0}"));
  }

  @Test
  void directoryThatIsNoCheckpointIsRefused() throws Exception {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertThatThrownBy(() -> new LocalJob(folder).run("none", 2, yaml(false, 20, "", ""), empty))
        .isInstanceOf(JobException.class)
        .hasMessageContaining("it has no manifest.json, so it is no checkpoint");
  }
}
