package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/** Holds what Java answers by a digits checkpoint's SavedModel against what Python answers. */
final class SavedModelComparison {
  private static final int PIXELS = 784;
  private static final int DIGITS = 10;
  private static final int IMAGES = 8;
  private static final double RELATIVE = 1e-6;

  private final Path checkpoint;
  private final Path work;

  /**
   * @param checkpoint a local copy; files of the comparison go beside it
   */
  SavedModelComparison(Path checkpoint) {
    this.checkpoint = checkpoint;
    this.work = Objects.requireNonNull(checkpoint.getParent());
  }

  /** Asserts that all scores agree and that Python finds the variables; says what was found. */
  String inJavaAndPython() throws Exception {
    byte[] images = drawnDigits();
    float[] scores = scores(images);
    JsonNode python = python(images);
    double worst = 0;
    for (int i = 0; i < scores.length; i++) {
      double other = python.path("scores").path(i / DIGITS).path(i % DIGITS).asDouble(Double.NaN);
      assertThat(other).as("score " + i).isCloseTo(scores[i], within(RELATIVE * scores[i]));
      worst = Math.max(worst, Math.abs(other - scores[i]) / scores[i]);
    }
    List<String> variables = new ArrayList<>();
    python.path("variables").fieldNames().forEachRemaining(variables::add);
    assertThat(variables).contains("hidden/kernel", "hidden/bias", "logits/kernel", "logits/bias");
    return String.format(
        Locale.ROOT,
        "Python's TensorFlow %s: largest relative difference of %d scores %.1e; variables %s",
        python.path("tensorflow").asText(),
        scores.length,
        worst,
        variables);
  }

  private Path model() throws IOException {
    try (Stream<Path> steps = Files.list(checkpoint.resolve("digits"))) {
      return steps.findFirst().orElseThrow();
    }
  }

  /** Row by row. */
  private float[] scores(byte[] images) throws IOException {
    try (SavedModelBundle bundle = SavedModelBundle.load(model().toString(), "serve");
        TUint8 image =
            TUint8.tensorOf(Shape.of(IMAGES, PIXELS), DataBuffers.of(images, true, false));
        Result answer =
            bundle.function("serving_default").call(Map.<String, Tensor>of("image", image))) {
      TFloat32 scores = (TFloat32) answer.get("scores").orElseThrow();
      float[] values = new float[(int) scores.size()];
      scores.copyTo(DataBuffers.of(values, false, false));
      return values;
    }
  }

  private JsonNode python(byte[] images) throws IOException, URISyntaxException {
    Path python = Scripts.pythonWithTensorFlow();
    Path script =
        Path.of(
            Objects.requireNonNull(SavedModelComparison.class.getResource("open_checkpoint.py"))
                .toURI());
    Path input = Files.write(work.resolve("images"), images);
    Path output = work.resolve("python.json");
    Path log = work.resolve("python.log");
    Process process =
        new ProcessBuilder(
                python.toString(),
                script.toString(),
                checkpoint.toString(),
                model().toString(),
                input.toString())
            .redirectOutput(output.toFile())
            .redirectError(log.toFile())
            .start();
    assertThat(ChildProcess.await(process, JobOnYarn.DEADLINE, "python"))
        .as(Files.readString(log))
        .isZero();
    return new ObjectMapper().readTree(output.toFile());
  }

  /** Images as the example draws them, by a class that it keeps to itself. */
  private static byte[] drawnDigits() throws ReflectiveOperationException {
    Class<?> drawn = Class.forName("dev.muster.examples.digits.DrawnDigit");
    var draw = drawn.getDeclaredMethod("draw", long.class, long.class);
    var pixels = drawn.getDeclaredMethod("pixels");
    draw.setAccessible(true);
    pixels.setAccessible(true);
    byte[] images = new byte[IMAGES * PIXELS];
    for (int i = 0; i < IMAGES; i++) {
      Object image = draw.invoke(null, 77L, (long) i);
      System.arraycopy(pixels.invoke(image), 0, images, i * PIXELS, PIXELS);
    }
    return images;
  }
}
