package dev.muster.job.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The experiment files that we give to users are read without a complaint. */
class ShippedExperimentsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "conf/experiment.yaml",
        "conf/experiments/first-try.yaml",
        "conf/experiments/gpus.yaml",
        "conf/experiments/long-run.yaml",
        "examples/digits/digits.yaml",
        "examples/digits/digits-cluster.yaml"
      })
  void shippedFileIsValid(String file) throws Exception {
    Path path = Path.of("..").resolve(file);
    ExperimentConfig config =
        ExperimentConfig.parse(
            Files.readString(path), file, List.of("checkpoint_storage.path=file:///tmp/out"));
    assertThat(config.checkpointStoragePath()).isEqualTo("file:///tmp/out");
    assertThat(config.searcher().metric()).isIn("accuracy", "auc", "loss");
  }

  /** What the README says is enough. */
  @Test
  void readmeExperimentIsValid() throws Exception {
    String readme = Files.readString(Path.of("../README.md"));
    String yaml = readme.substring(readme.indexOf("```yaml") + 7).split("```", 2)[0].stripIndent();
    assertThat(ExperimentConfig.parse(yaml, "README.md").globalBatchSize()).isEqualTo(128);
  }
}
