package dev.muster.examples.digits;

import dev.muster.trial.ConfigValue;
import dev.muster.trial.Distributed;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.optimizer.Optimizer;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A context of one slot, for tests that build the trial's graphs by themselves. */
final class LocalContext extends EstimatorTrialContext {
  private final Map<String, Object> hparams;
  private final Map<String, Object> data;

  LocalContext(Map<String, Object> hparams, Map<String, Object> data) {
    this.hparams = hparams;
    this.data = data;
  }

  @Override
  public Map<String, Object> experimentConfig() {
    return Map.of("hyperparameters", hparams, "data", data);
  }

  @Override
  public String experimentId() {
    return "local";
  }

  @Override
  public int trialId() {
    return 1;
  }

  @Override
  public long trialSeed() {
    return 0;
  }

  @Override
  public Map<String, Object> hparams() {
    return hparams;
  }

  @Override
  public ConfigValue hparam(String name) {
    return value(hparams, name);
  }

  @Override
  public ConfigValue data(String name) {
    return value(data, name);
  }

  private static ConfigValue value(Map<String, Object> values, String name) {
    if (!values.containsKey(name)) {
      throw new TrialException("Cannot read '" + name + "': there is none of this name");
    }
    return new ConfigValue(name, values.get(name));
  }

  @Override
  public boolean hasData(String name) {
    return data.containsKey(name);
  }

  @Override
  public int globalBatchSize() {
    return hparam("global_batch_size").asInt();
  }

  @Override
  public int perSlotBatchSize() {
    return globalBatchSize();
  }

  @Override
  public long initialBatch() {
    return 0;
  }

  @Override
  public Distributed distributed() {
    return Distributed.single();
  }

  @Override
  public boolean stopRequested() {
    return false;
  }

  @Override
  public void requestStop() {
    throw new UnsupportedOperationException("nothing runs here that could stop");
  }

  @Override
  public Optimizer wrapOptimizer(@Nullable Optimizer optimizer) {
    return Objects.requireNonNull(optimizer);
  }

  @Override
  public Dataset wrapDataset(Dataset dataset) {
    return dataset.wrapped();
  }
}
