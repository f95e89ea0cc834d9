package dev.muster.job.spark;

import java.util.Locale;
import java.util.function.Consumer;

/** The last lines of a run: what came out, and how to read it. */
final class ResultLines {
  private ResultLines() {}

  static void print(
      ResultFile.State state,
      String experiment,
      ResultFile result,
      String metric,
      Consumer<String> lines) {
    lines.accept("state        " + state);
    result
        .best()
        .ifPresent(
            best -> {
              lines.accept("best trial   1, after " + best.batches() + " batches");
              lines.accept(
                  String.format(Locale.ROOT, "best metric  %s %.6f", metric, best.metric()));
            });
    result.bestCheckpoint().ifPresent(saved -> lines.accept("checkpoint   " + saved.path()));
    lines.accept("result       " + experiment + "/" + ResultFile.NAME);
    lines.accept(
        "read it      SavedModels are below the checkpoint as <serving key>/<global step>; TensorFlow"
            + " Serving and TensorFlow's own loaders open them");
  }
}
