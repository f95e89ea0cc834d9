package dev.muster.job.runtime;

import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrialException;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The rule for the keys of serving receivers: directories of a checkpoint are named by them. */
final class ServingKeys {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  /** What a checkpoint's directory has beside the SavedModels. */
  private static final Set<String> TAKEN =
      Set.of(
          "experiment.yaml",
          "graph",
          "manifest.json",
          "metadata.json",
          "model_definition",
          "state",
          "user_metadata.json",
          "variables");

  private ServingKeys() {}

  static void check(Map<String, ServingInputReceiver> receivers) {
    for (Map.Entry<String, ServingInputReceiver> entry : receivers.entrySet()) {
      String key = entry.getKey();
      if (key == null || entry.getValue() == null) {
        throw refused(key, "its " + (key == null ? "key" : "receiver") + " is null");
      }
      if (!NAME.matcher(key).matches()) {
        throw refused(
            key,
            "it names a directory of each checkpoint: expected up to 100 letters, digits, '.', '_'"
                + " and '-', beginning with a letter or digit");
      }
      if (TAKEN.contains(key)) {
        throw refused(key, "a checkpoint has a file or directory of this name; choose another key");
      }
    }
  }

  private static TrialException refused(String key, String fact) {
    return new TrialException(
        "Cannot use the receiver '" + key + "' of buildServingInputReceivers(): " + fact);
  }
}
