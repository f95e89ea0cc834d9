package dev.muster.job.runtime;

import dev.muster.job.data.Position;
import dev.muster.job.data.SlotBatches;
import dev.muster.trial.data.Dataset;
import java.nio.file.Path;
import java.util.Map;

/** The values that a trial's variables have before the first step. */
public final class FirstValues {
  static final SlotData NO_DATA =
      new SlotData() {
        @Override
        public SlotBatches training(Dataset dataset, int perSlot, long seed, Position start) {
          throw new IllegalStateException("nothing is trained");
        }

        @Override
        public SlotBatches validation(Dataset dataset, int perSlot, long trialSeed) {
          throw new IllegalStateException("nothing is evaluated");
        }

        @Override
        public void close() {}
      };

  private FirstValues() {}

  /** The float32 variables of the trial by name. */
  public static Map<String, float[]> of(TrialDefinition definition) {
    Path scratch = Path.of(System.getProperty("java.io.tmpdir"));
    try (Replica replica = Replica.build(definition, 0, new ReplicaSettings(1, scratch), NO_DATA)) {
      replica.initialize();
      return replica.variables();
    }
  }
}
