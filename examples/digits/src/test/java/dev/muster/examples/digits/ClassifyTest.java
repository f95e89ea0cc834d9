package dev.muster.examples.digits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.SessionFunction;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

class ClassifyTest {
  @Test
  void artHasALineForEachRowOfPixels() {
    String art = Classify.art(DrawnDigit.draw(1, 0).pixels());
    assertThat(art.lines()).hasSize(28).allMatch(line -> line.length() <= 58);
    assertThat(art).contains("@").doesNotContain("\t");
  }

  @Test
  void barsAndVerdictNameTheDigit() {
    float[] scores = new float[10];
    scores[3] = 0.75f;
    scores[8] = 0.25f;
    assertThat(Classify.bars(scores).lines())
        .hasSize(10)
        .contains("  3 |" + "#".repeat(30) + " ".repeat(10) + "|  75.0 %");
    assertThat(Classify.verdict(scores, 3))
        .isEqualTo("The model reads a 3 (75.0 %). That is right.");
    assertThat(Classify.verdict(scores, 8))
        .isEqualTo("The model reads a 3 (75.0 %). It was drawn as a 8.");
  }

  @Test
  void savedModelAnswersTenScores(@TempDir Path checkpoint) throws IOException {
    exportDarkness(checkpoint.resolve("digits/9"));
    exportDarkness(checkpoint.resolve("digits/10"));
    Path model = Checkpoints.savedModel(checkpoint);
    assertThat(model).isEqualTo(checkpoint.resolve("digits/10"));
    byte[] pixels = new byte[DrawnDigit.PIXELS];
    pixels[5] = (byte) 200;
    float[] scores = Classify.scores(model, pixels);
    assertThat(scores).hasSize(10);
    assertThat(scores[0]).isCloseTo(200, within(1e-3f));
  }

  /** A model that answers, ten times, how much ink there is. */
  private static void exportDarkness(Path directory) throws IOException {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Placeholder<TUint8> image =
          tf.placeholder(TUint8.class, Placeholder.shape(Shape.of(-1, DrawnDigit.PIXELS)));
      Operand<TFloat32> ink =
          tf.linalg.matMul(
              tf.dtypes.cast(image, TFloat32.class),
              tf.fill(tf.constant(new int[] {DrawnDigit.PIXELS, 10}), tf.constant(1f)));
      Signature signature = Signature.builder().input("image", image).output("scores", ink).build();
      SavedModelBundle.exporter(directory.toString())
          .withFunction(SessionFunction.create(signature, session))
          .withTags("serve")
          .export();
    }
  }

  @Test
  void bestCheckpointOfAnExperimentIsFound(@TempDir Path experiment) throws IOException {
    Files.writeString(
        experiment.resolve("result.json"),
        """
        {"state": "COMPLETED", "trials": [{"id": 1, "checkpoints": [
          {"uuid": "a", "batches": 100, "metrics": {"accuracy": 0.7}},
          {"uuid": "b", "batches": 200, "metrics": {"accuracy": 0.9}},
          {"uuid": "c", "batches": 300, "metrics": {"accuracy": 0.8}},
          {"uuid": "d", "batches": 400}]}]}
        """);
    assertThat(Checkpoints.bestCheckpoint(experiment))
        .isEqualTo(experiment.resolve("checkpoints/b"));
  }

  @Test
  void directoryWithoutAModelIsExplained(@TempDir Path empty) {
    assertThatThrownBy(() -> Checkpoints.savedModel(empty))
        .hasMessageStartingWith("Cannot find a SavedModel: expected a checkpoint with ")
        .hasMessageContaining("result.json");
  }
}
