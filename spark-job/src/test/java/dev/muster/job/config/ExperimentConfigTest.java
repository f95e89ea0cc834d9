package dev.muster.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ExperimentConfigTest {
  private static final String SHORTEST =
      """
      name: digits
      entrypoint: com.example.DigitsTrial
      hyperparameters: {global_batch_size: 128}
      searcher: {metric: loss, max_length: {epochs: 5}}
      checkpoint_storage: {path: hdfs:///experiments}
      """;

  private static final String EVERY_KEY =
      """
      name: digits
      description: two layers
      labels: [mnist, "2"]
      entrypoint: com.example.DigitsTrial
      hyperparameters:
        global_batch_size: {type: const, val: 128}
        learning_rate: 1e-3
        optimizer:
          name: adam
          nesterov: true
        layers: [128, 10]
        augment: {type: const, val: {type: flip, angle: 0.5}}
      searcher:
        name: single
        metric: accuracy
        smaller_is_better: false
        max_length: {records: 100000}
      data: {train: "hdfs:///data/digits", options: {header: true, columns: [1, 2]}}
      scheduling_unit: 50
      records_per_epoch: 60000
      min_validation_period: {epochs: 1}
      min_checkpoint_period: {batches: 200}
      perform_initial_validation: true
      checkpoint_policy: all
      checkpoint_storage: {path: "file:///tmp/experiments"}
      optimizations:
        aggregation_frequency: 4
        average_aggregated_gradients: false
        average_training_metrics: false
      resources:
        slots_per_trial: 4
        gpus_per_slot: 1
        wait_for_slots_s: 30
        progress_timeout_s: 60
        data_copies: 1
        data_disk_percent: 50
      debug: {check_variables_every: 25}
      reproducibility: {experiment_seed: 325}
      """;

  private static ExperimentConfig parse(String yaml, String... overrides) throws ConfigException {
    return ExperimentConfig.parse(yaml, "digits.yaml", List.of(overrides));
  }

  @Test
  void whatTheFileLeavesOutHasItsDefault() throws ConfigException {
    assertThat(parse(SHORTEST))
        .isEqualTo(
            new ExperimentConfig(
                "digits",
                "",
                List.of(),
                "com.example.DigitsTrial",
                Map.of("global_batch_size", 128L),
                new SearcherConfig("single", "loss", true, new Length.Epochs(5), Optional.empty()),
                Map.of(),
                100,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                CheckpointPolicy.BEST,
                "hdfs:///experiments",
                Optimizations.DEFAULT,
                1,
                0,
                Duration.ofSeconds(600),
                Duration.ofSeconds(600),
                EncodedData.DEFAULT,
                0,
                OptionalLong.empty()));
  }

  @Test
  void everyKeyIsRead() throws ConfigException {
    assertThat(parse(EVERY_KEY))
        .isEqualTo(
            new ExperimentConfig(
                "digits",
                "two layers",
                List.of("mnist", "2"),
                "com.example.DigitsTrial",
                Map.of(
                    "global_batch_size",
                    128L,
                    "learning_rate",
                    0.001,
                    "optimizer",
                    Map.of("name", "adam", "nesterov", true),
                    "layers",
                    List.of(128L, 10L),
                    "augment",
                    Map.of("type", "flip", "angle", 0.5)),
                new SearcherConfig(
                    "single", "accuracy", false, new Length.Records(100_000), Optional.empty()),
                Map.of(
                    "train",
                    "hdfs:///data/digits",
                    "options",
                    Map.of("header", true, "columns", List.of(1L, 2L))),
                50,
                Optional.of(60_000L),
                Optional.of(new Length.Epochs(1)),
                Optional.of(new Length.Batches(200)),
                true,
                CheckpointPolicy.ALL,
                "file:///tmp/experiments",
                new Optimizations(4, false, false),
                4,
                1,
                Duration.ofSeconds(30),
                Duration.ofSeconds(60),
                new EncodedData(1, 50),
                25,
                OptionalLong.of(325)));
  }

  @Test
  void specificationsExampleIsAccepted() throws ConfigException {
    ExperimentConfig config =
        parse(
            """
            name: digits
            entrypoint: com.example.DigitsTrial
            data: {train: hdfs:///data/digits/train, validation: hdfs:///data/digits/validation}
            hyperparameters: {global_batch_size: 128, learning_rate: 0.001}
            searcher: {name: single, metric: accuracy, smaller_is_better: false, max_length: {epochs: 5}}
            min_validation_period: {epochs: 1}
            checkpoint_storage: {path: hdfs:///experiments}
            resources: {slots_per_trial: 2}
            """);
    assertThat(config.globalBatchSize()).isEqualTo(128);
    assertThat(config.data()).containsEntry("train", "hdfs:///data/digits/train");
    assertThat(config.slotsPerTrial()).isEqualTo(2);
  }

  @Test
  void writtenConfigurationHasItsDefaultsFilledIn() throws ConfigException {
    assertThat(parse(SHORTEST).withExperimentSeed(7).toYaml())
        .isEqualTo(
            """
            name: digits
            description: ''
            labels: []
            entrypoint: com.example.DigitsTrial
            hyperparameters:
              global_batch_size: 128
            searcher:
              name: single
              metric: loss
              smaller_is_better: true
              max_length:
                epochs: 5
            data: {}
            scheduling_unit: 100
            perform_initial_validation: false
            checkpoint_policy: best
            checkpoint_storage:
              path: hdfs:///experiments
            optimizations:
              aggregation_frequency: 1
              average_aggregated_gradients: true
              average_training_metrics: true
            resources:
              slots_per_trial: 1
              gpus_per_slot: 0
              wait_for_slots_s: 600
              progress_timeout_s: 600
              data_copies: 2
              data_disk_percent: 80
            debug:
              check_variables_every: 0
            reproducibility:
              experiment_seed: 7
            """);
  }

  @Test
  void writtenConfigurationReadsAsTheSame() throws ConfigException {
    for (String yaml : List.of(SHORTEST, EVERY_KEY)) {
      ExperimentConfig config = parse(yaml);
      assertThat(parse(config.toYaml())).isEqualTo(config);
    }
  }

  @Test
  void overrideReplacesAddsAndGoesInside() throws ConfigException {
    ExperimentConfig config =
        parse(
            SHORTEST,
            "name=other",
            "hyperparameters.optimizer.rate=0.5",
            "hyperparameters.global_batch_size=16",
            "searcher.max_length={batches: 10}",
            "resources.slots_per_trial=2",
            "resources.slots_per_trial=4",
            "labels=[a, b]",
            "data.query=a=b");
    assertThat(config.name()).isEqualTo("other");
    assertThat(config.hyperparameters())
        .isEqualTo(Map.of("global_batch_size", 16L, "optimizer", Map.of("rate", 0.5)));
    assertThat(config.searcher().maxLength()).isEqualTo(new Length.Batches(10));
    assertThat(config.slotsPerTrial()).isEqualTo(4);
    assertThat(config.labels()).containsExactly("a", "b");
    assertThat(config.data()).isEqualTo(Map.of("query", "a=b"));
  }

  @Test
  void overrideMayGiveWhatTheFileLacks() throws ConfigException {
    String withoutStorage = SHORTEST.replace("checkpoint_storage: {path: hdfs:///experiments}", "");
    assertThat(
            parse(withoutStorage, "checkpoint_storage.path=file:///tmp/x").checkpointStoragePath())
        .isEqualTo("file:///tmp/x");
  }

  @Test
  void scalarsAreThoseOfYaml12() throws ConfigException {
    ExperimentConfig config =
        parse(
            SHORTEST
                + """
                data:
                  a: off
                  b: 1:30
                  c: 010
                  d: 2026-01-02
                  e: 1e-3
                  f: -7
                  g: .inf
                  h: True
                  i: 1_000
                  j: "8"
                  k: .5
                """);
    assertThat(config.data())
        .isEqualTo(
            Map.ofEntries(
                Map.entry("a", "off"),
                Map.entry("b", "1:30"),
                Map.entry("c", "010"),
                Map.entry("d", "2026-01-02"),
                Map.entry("e", 0.001),
                Map.entry("f", -7L),
                Map.entry("g", Double.POSITIVE_INFINITY),
                Map.entry("h", true),
                Map.entry("i", "1_000"),
                Map.entry("j", "8"),
                Map.entry("k", 0.5)));
    assertThat(parse(config.toYaml())).isEqualTo(config);
  }

  @Test
  void anchorsAreFollowed() throws ConfigException {
    assertThat(parse(SHORTEST + "data: {a: &x {n: 1}, b: *x}\n").data())
        .isEqualTo(Map.of("a", Map.of("n", 1L), "b", Map.of("n", 1L)));
  }

  @Test
  void collectionsAreUnmodifiableToTheDepthAndKeepTheirOrder() throws ConfigException {
    ExperimentConfig config = parse(SHORTEST + "data: {z: {y: 1, b: 2}, a: [1]}\n");
    assertThat(config.data().keySet()).containsExactly("z", "a");
    assertThat(config.data().get("z")).hasToString("{y=1, b=2}");
    assertThat(config.data().values())
        .allSatisfy(
            nested ->
                assertThatThrownBy(() -> clear(nested))
                    .isInstanceOf(UnsupportedOperationException.class));
    assertThatThrownBy(() -> config.hyperparameters().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  private static void clear(Object collection) {
    if (collection instanceof Map<?, ?> map) {
      map.clear();
    } else {
      ((List<?>) collection).clear();
    }
  }
}
