package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.job.checkpoint.CommittedCheckpoint;
import dev.muster.job.cluster.TestJar;
import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.data.EncodingOrder;
import dev.muster.job.runtime.CheckpointVariables;
import dev.muster.job.runtime.Clusters;
import dev.muster.job.runtime.Replica;
import dev.muster.job.runtime.ReplicaSettings;
import dev.muster.job.runtime.StepListener;
import dev.muster.job.runtime.StoredSlotData;
import dev.muster.job.runtime.TensorFlowRuntime;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.job.runtime.TrialDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a checkpoint of a run on two slots holds, and that it is enough: everything else of the run
 * is deleted before.
 */
class CheckpointTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TRIAL = ImagesTrial.class.getName();
  private static final String YAML =
      """
      name: whole
      entrypoint: %s
      data: {images: 300}
      hyperparameters:
        global_batch_size: 40
        learning_rate: 0.001
        optimizer: adam
        shuffle: true
      searcher: {name: single, metric: loss, max_length: {batches: 20}}
      scheduling_unit: 4
      min_validation_period: {batches: 10}
      min_checkpoint_period: {batches: 5}
      checkpoint_policy: none
      checkpoint_storage: {path: overridden}
      resources: {slots_per_trial: 2}
      reproducibility: {experiment_seed: 7}
      """
          .formatted(TRIAL);

  @TempDir static Path folder;

  private static JsonNode validation;
  private static JsonNode saved;
  private static Path at10;
  private static Path at15;
  private static Path at20;

  @BeforeAll
  static void run() throws Exception {
    Path jar = TestJar.write(folder.resolve("run/images-trial.jar"), ImagesTrial.class);
    try (TrialJarLoader loader = new TrialJarLoader(jar, TRIAL)) {
      LocalJob.Outcome outcome =
          loader.call(() -> new LocalJob(folder.resolve("run")).run("whole", 2, YAML));
      assertThat(outcome.exit()).isEqualTo(JobExit.DONE);
      validation = outcome.validation(0);
      saved = outcome.trial().path("checkpoints");
      at10 = copy(outcome.checkpoint(10), "copy-10");
      at15 = copy(outcome.checkpoint(15), "copy-15");
      at20 = copy(outcome.checkpoint(20), "copy-20");
    }
    delete(folder.resolve("run"));
  }

  private static Path copy(Path from, String name) throws IOException {
    Path to = folder.resolve(name);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
    return to;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static CommittedCheckpoint open(Path checkpoint) {
    return CommittedCheckpoint.open(checkpoint.toUri().toString(), Map.of());
  }

  private static JsonNode json(Path checkpoint, String file) throws IOException {
    return JSON.readTree(checkpoint.resolve(file).toFile());
  }

  @Test
  void holdsTheFilesThatTheFormatLists() {
    try (CommittedCheckpoint checkpoint = open(at10)) {
      checkpoint.verify();
      assertThat(checkpoint.manifest().files().keySet())
          .containsExactlyInAnyOrder(
              "metadata.json",
              "experiment.yaml",
              "graph/train.pb",
              "graph/predict.pb",
              "variables/variables.index",
              "variables/variables.data-00000-of-00001",
              "default/10/saved_model.pb",
              "default/10/variables/variables.index",
              "default/10/variables/variables.data-00000-of-00001",
              "model_definition/images-trial.jar",
              "model_definition/model.json",
              "state/data.json",
              "state/sequencer.json",
              "state/slot-0.json",
              "state/slot-1.json",
              "custom.log");
    }
  }

  @Test
  void metadataSaysWhatWasTrained() throws IOException {
    JsonNode metadata = json(at10, "metadata.json");
    assertThat(names(metadata))
        .containsExactly(
            "format_version",
            "framework",
            "tensorflow_version",
            "experiment_id",
            "trial_id",
            "trial_seed",
            "entrypoint",
            "slots",
            "intra_op_threads",
            "batches",
            "global_step",
            "hparams",
            "learning_rates",
            "learning_rate_schedules",
            "metrics");
    assertThat(metadata.path("format_version").asInt()).isEqualTo(1);
    assertThat(metadata.path("framework").asText()).isEqualTo("tensorflow-java");
    assertThat(metadata.path("tensorflow_version").asText()).isEqualTo(TensorFlowRuntime.version());
    assertThat(metadata.path("experiment_id").asText()).isEqualTo("whole");
    assertThat(metadata.path("trial_id").asInt()).isEqualTo(1);
    assertThat(metadata.path("trial_seed").asLong()).isEqualTo(7);
    assertThat(metadata.path("entrypoint").asText()).isEqualTo(TRIAL);
    assertThat(metadata.path("slots").asInt()).isEqualTo(2);
    assertThat(metadata.path("intra_op_threads").asInt()).isEqualTo(1);
    assertThat(metadata.path("batches").asLong()).isEqualTo(10);
    assertThat(metadata.path("global_step").asLong()).isEqualTo(10);
    assertThat(metadata.path("hparams"))
        .isEqualTo(
            JSON.readTree(
                """
                {"global_batch_size": 40, "learning_rate": 0.001, "optimizer": "adam",
                 "shuffle": true}
                """));
    assertThat(metadata.path("learning_rates")).isEqualTo(JSON.readTree("{\"adam\": 0.001}"));
    assertThat(metadata.path("learning_rate_schedules"))
        .isEqualTo(JSON.readTree("{\"adam\": {\"schedule\": \"constant(0.001)\", \"step\": 10}}"));
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void metricsAreThoseOfTheValidationAtItsOwnBatch() throws IOException {
    assertThat(validation.path("global_step").asLong()).isEqualTo(10);
    assertThat(names(validation)).containsExactly("loss", "accuracy", "global_step");
    assertThat(json(at10, "metadata.json").path("metrics")).isEqualTo(validation);
    assertThat(json(at15, "metadata.json").path("metrics")).isEmpty();
    assertThat(json(at20, "metadata.json").path("metrics").path("global_step").asLong())
        .isEqualTo(20);
    for (JsonNode checkpoint : saved) {
      assertThat(checkpoint.path("metrics").isEmpty())
          .isEqualTo(checkpoint.path("batches").asLong() % 10 != 0);
    }
  }

  @Test
  void stateSaysWhichRecordsComeNext() throws IOException {
    JsonNode data = json(at10, "state/data.json").path("training");
    assertThat(names(data))
        .containsExactly("logical_shards", "shuffle_seed", "records", "layout", "shards");
    assertThat(data.path("records").asLong()).isEqualTo(300);
    assertThat(data.path("shuffle_seed").asLong()).isEqualTo(7);
    assertThat(json(at10, "state/slot-1.json"))
        .isEqualTo(JSON.readTree("{\"rank\": 1, \"batches\": 10, \"epoch\": 1, \"next\": 80}"));
    JsonNode sequence = json(at10, "state/sequencer.json");
    assertThat(sequence.path("batches_trained").asLong()).isEqualTo(10);
    assertThat(sequence.path("batches_saved").asLong()).isEqualTo(10);
    assertThat(sequence.path("validated_at").asLong()).isEqualTo(10);
    assertThat(sequence.path("best_metric").asDouble())
        .isEqualTo(validation.path("loss").asDouble());
    assertThat(sequence.path("checkpoint_owed").asBoolean()).isFalse();
  }

  @Test
  void copiedCheckpointAloneContinuesAsTheUninterruptedRun() throws Exception {
    JsonNode model = json(at10, "model_definition/model.json");
    Path jar = at10.resolve("model_definition").resolve(model.path("jar").asText());
    String entrypoint = model.path("entrypoint").asText();
    try (TrialJarLoader loader = new TrialJarLoader(jar, entrypoint)) {
      Path continued = loader.call(() -> continued(at10, 10));
      assertThat(loader.loadClass(entrypoint).getProtectionDomain().getCodeSource().getLocation())
          .isEqualTo(jar.toUri().toURL());
      assertSameBits(CheckpointVariables.read(continued), CheckpointVariables.read(at20));
      assertThat(json(continued, "state/slot-0.json")).isEqualTo(json(at20, "state/slot-0.json"));
      assertThat(at10.resolve("custom.log")).hasContent("2");
      assertThat(continued.resolve("custom.log")).hasContent("3");
    }
  }

  private static void assertSameBits(Map<String, double[]> actual, Map<String, double[]> expected) {
    assertThat(actual.keySet())
        .contains("hidden/kernel/Adam_1", "global_step")
        .isEqualTo(expected.keySet());
    actual.forEach((name, value) -> assertThat(value).as(name).isEqualTo(expected.get(name)));
  }

  /** A checkpoint of the trial that was rebuilt from this one and trained on. */
  private static Path continued(Path checkpoint, int batches) throws Exception {
    TrialDefinition definition = definition(checkpoint);
    Path next = Files.createDirectories(folder.resolve("continued"));
    try (SparkSession spark =
            SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", "false")
                .getOrCreate();
        TrialCheck check = TrialCheck.of(definition);
        ShardedData data =
            ShardEncoder.encode(
                new Sources(spark),
                check.trainingData(),
                EncodingOrder.of(
                    check.trainingData(),
                    definition.slots(),
                    check.perSlotBatchSize(),
                    OptionalInt.empty()),
                EncodingMeans.DEFAULT)) {
      assertThat(DataState.parse(json(checkpoint, "state/data.json")).training())
          .isEqualTo(DataState.Part.of(data, check.trainingData(), definition.seed()));
      Clusters.together(
          definition.slots(),
          1,
          (rank, ring) -> {
            try (Replica replica =
                Replica.build(
                    definition,
                    rank,
                    new ReplicaSettings(1, folder),
                    new StoredSlotData(
                        ShardFetcher.records(data.location(), folder),
                        ShardFetcher.records(data.location(), folder),
                        rank,
                        definition.slots()))) {
              replica.restore(checkpoint);
              replica.join(ring, Set.of(0, 1));
              replica.train(batches, new Quiet());
              replica.checkpoint(next, Map.of());
              return rank;
            }
          });
    }
    return next;
  }

  private static TrialDefinition definition(Path checkpoint) throws Exception {
    ExperimentConfig config =
        ExperimentConfig.parse(
            Files.readString(checkpoint.resolve("experiment.yaml")), "experiment.yaml");
    JsonNode metadata = json(checkpoint, "metadata.json");
    return new TrialDefinition(
        metadata.path("experiment_id").asText(),
        metadata.path("trial_id").asInt(),
        metadata.path("trial_seed").asLong(),
        metadata.path("entrypoint").asText(),
        config.toMap(),
        metadata.path("slots").asInt());
  }

  /** Asks for nothing. */
  private static final class Quiet implements StepListener {
    @Override
    public void at(long step, String phase) {}

    @Override
    public boolean stopRequested() {
      return false;
    }
  }
}
