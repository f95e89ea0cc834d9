package dev.muster.job.spark;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;

/** Plain lines for people: what the slots are doing. One line an event. Thread-safe. */
final class TrialProgress {
  private final int trialId;
  private final Consumer<String> lines;
  private boolean seated;

  TrialProgress(int trialId, Consumer<String> lines) {
    this.trialId = trialId;
    this.lines = lines;
  }

  void waiting(String line) {
    lines.accept(line);
  }

  synchronized void seated(List<Seated> slots) {
    if (seated) {
      return;
    }
    seated = true;
    for (Seated slot : slots) {
      String gpu = slot.gpu().exists() ? ", GPU " + slot.gpu() : "";
      say(
          "rank %d runs on host %s, executor %s%s",
          slot.rank(), slot.host(), slot.executorId(), gpu);
    }
  }

  void trained(long batches, long inAll, Map<String, Double> metrics, double examplesPerSecond) {
    StringJoiner text = new StringJoiner(", ");
    metrics.forEach(
        (name, value) -> {
          if (!name.startsWith("learning_rate")) {
            text.add(String.format(Locale.ROOT, "%s %.4f", name, value));
          }
        });
    say("%,d of %,d batches, %s, %,.0f examples/s", batches, inAll, text, examplesPerSecond);
  }

  void validated(long batches, Map<String, Object> metrics) {
    StringJoiner text = new StringJoiner(", ");
    metrics.forEach(
        (name, value) -> {
          if (!name.equals("global_step")) {
            text.add(
                value instanceof Double number
                    ? String.format(Locale.ROOT, "%s %.4f", name, number)
                    : name + " " + value);
          }
        });
    say("validation after %,d batches: %s", batches, text);
  }

  void saved(long batches, String path) {
    say("checkpoint after %,d batches: %s", batches, path);
  }

  private void say(String format, Object... arguments) {
    lines.accept("trial " + trialId + ": " + String.format(Locale.ROOT, format, arguments));
  }
}
