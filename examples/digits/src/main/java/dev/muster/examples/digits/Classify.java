package dev.muster.examples.digits;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/**
 * The trained model in use, with nothing but TensorFlow: loads the SavedModel of a checkpoint,
 * draws a digit, and shows it and what the model makes of it.
 */
public final class Classify {
  private static final String SHADES = " .:-=+*#%@";
  private static final int BAR = 40;

  private Classify() {}

  /**
   * The program.
   *
   * @param args a checkpoint's or an experiment's local directory; then, if wanted, a whole number
   *     that decides what is drawn
   */
  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    if (args.length < 1 || args.length > 2) {
      out.println("Usage: Classify CHECKPOINT_OR_EXPERIMENT_DIRECTORY [SEED]");
      System.exit(2);
    }
    Path model = Checkpoints.savedModel(Path.of(args[0]));
    long seed = args.length == 2 ? Long.parseLong(args[1]) : System.currentTimeMillis();
    DrawnDigit drawn = DrawnDigit.draw(seed, 0);
    float[] scores = scores(model, drawn.pixels());
    out.println("A digit that the model has never seen, drawn just now (seed " + seed + "):");
    out.println();
    out.print(art(drawn.pixels()));
    out.println();
    out.print(bars(scores));
    out.println();
    out.println(verdict(scores, drawn.digit()));
  }

  /** What the model in the directory answers for one image: ten scores that sum to 1. */
  static float[] scores(Path model, byte[] pixels) {
    try (SavedModelBundle bundle = SavedModelBundle.load(model.toString(), "serve");
        TUint8 image =
            TUint8.tensorOf(Shape.of(1, pixels.length), DataBuffers.of(pixels, true, false));
        Result answer =
            bundle.function("serving_default").call(Map.<String, Tensor>of("image", image))) {
      TFloat32 scores =
          (TFloat32)
              answer
                  .get("scores")
                  .orElseThrow(() -> new IllegalStateException("no output 'scores' in " + model));
      float[] values = new float[(int) scores.size()];
      scores.copyTo(DataBuffers.of(values, false, false));
      return values;
    }
  }

  /** The image as 28 lines; each pixel is two characters wide, about as wide as a line is high. */
  static String art(byte[] pixels) {
    StringBuilder art = new StringBuilder();
    for (int y = 0; y < DrawnDigit.SIDE; y++) {
      StringBuilder row = new StringBuilder("  ");
      for (int x = 0; x < DrawnDigit.SIDE; x++) {
        int ink = Byte.toUnsignedInt(pixels[y * DrawnDigit.SIDE + x]);
        char shade = SHADES.charAt(ink * SHADES.length() / 256);
        row.append(shade).append(shade);
      }
      art.append(row.toString().stripTrailing()).append('\n');
    }
    return art.toString();
  }

  /** A line for each digit: its score as a bar and in percent. */
  static String bars(float[] scores) {
    StringBuilder bars = new StringBuilder();
    for (int digit = 0; digit < scores.length; digit++) {
      String bar = "#".repeat(Math.round(scores[digit] * BAR));
      bars.append(
          String.format(
              Locale.ROOT, "  %d |%-" + BAR + "s| %5.1f %%%n", digit, bar, 100 * scores[digit]));
    }
    return bars.toString();
  }

  /** What the model reads, and whether it is right. */
  static String verdict(float[] scores, int drawn) {
    int read = 0;
    for (int digit = 1; digit < scores.length; digit++) {
      if (scores[digit] > scores[read]) {
        read = digit;
      }
    }
    return String.format(
        Locale.ROOT,
        "The model reads a %d (%.1f %%). %s",
        read,
        100 * scores[read],
        read == drawn ? "That is right." : "It was drawn as a " + drawn + ".");
  }
}
