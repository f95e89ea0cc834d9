package dev.muster.job.runtime;

import dev.muster.job.text.NearName;
import dev.muster.trial.ConfigValue;
import dev.muster.trial.Distributed;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.optimizer.Optimizer;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;

/** The context of a trial in one slot, or on the driver. */
final class SlotTrialContext extends EstimatorTrialContext {
  private final TrialDefinition definition;
  private final int rank;
  private final long initialBatch;
  private volatile boolean stopRequested;
  private @Nullable Graph graph;
  private @Nullable ExchangedOptimizer wrapped;

  SlotTrialContext(TrialDefinition definition, int rank, long initialBatch) {
    this.definition = definition;
    this.rank = rank;
    this.initialBatch = initialBatch;
  }

  @Override
  public Map<String, Object> experimentConfig() {
    return definition.experimentConfig();
  }

  @Override
  public String experimentId() {
    return definition.experimentId();
  }

  @Override
  public int trialId() {
    return definition.trialId();
  }

  @Override
  public long trialSeed() {
    return definition.seed();
  }

  @Override
  public Map<String, Object> hparams() {
    return definition.hparams();
  }

  @Override
  public ConfigValue hparam(String name) {
    return value("hyperparameters", definition.hparams(), name);
  }

  @Override
  public ConfigValue data(String name) {
    return value("data", definition.data(), name);
  }

  @Override
  public boolean hasData(String name) {
    return find(definition.data(), name) != null;
  }

  private static ConfigValue value(String group, Map<String, Object> values, String name) {
    Object value = find(values, name);
    if (value == null) {
      String near = NearName.hint(name, names("", values).toList());
      throw new TrialException(
          "Cannot read "
              + group
              + "."
              + name
              + ": the experiment's configuration has "
              + new TreeSet<>(values.keySet())
              + " there"
              + (near.isEmpty() ? "; add it, or correct the name" : near));
    }
    return new ConfigValue(group + "." + name, value);
  }

  /** All names that {@link #find} knows, also those of nested values. */
  private static Stream<String> names(String prefix, Map<?, ?> values) {
    return values.entrySet().stream()
        .flatMap(
            entry -> {
              String name = prefix + entry.getKey();
              return entry.getValue() instanceof Map<?, ?> group
                  ? Stream.concat(Stream.of(name), names(name + ".", group))
                  : Stream.of(name);
            });
  }

  private static @Nullable Object find(Map<?, ?> values, String name) {
    if (values.containsKey(name)) {
      return values.get(name);
    }
    int dot = name.indexOf('.');
    return dot > 0 && values.get(name.substring(0, dot)) instanceof Map<?, ?> group
        ? find(group, name.substring(dot + 1))
        : null;
  }

  @Override
  public int globalBatchSize() {
    return hparam("global_batch_size").asInt();
  }

  @Override
  public int perSlotBatchSize() {
    int global = globalBatchSize();
    if (global < definition.slots()) {
      throw new TrialException(
          "Cannot share out a batch: hyperparameters.global_batch_size is "
              + global
              + ", fewer than the "
              + definition.slots()
              + " slots");
    }
    return global / definition.slots();
  }

  @Override
  public long initialBatch() {
    return initialBatch;
  }

  @Override
  public Distributed distributed() {
    return new Distributed(rank, definition.slots());
  }

  @Override
  public boolean stopRequested() {
    return stopRequested;
  }

  @Override
  public void requestStop() {
    stopRequested = true;
  }

  @Override
  public Optimizer wrapOptimizer(@Nullable Optimizer optimizer) {
    if (optimizer == null) {
      throw new TrialException(
          "Cannot wrap an optimizer that is null: a model without an optimizer is not supported yet");
    }
    if (graph == null) {
      throw new TrialException(
          "Cannot wrap an optimizer here: call wrapOptimizer in the model function");
    }
    if (wrapped != null) {
      throw new TrialException(
          "Cannot wrap a second optimizer: several optimizers in one model are not supported yet");
    }
    wrapped = new ExchangedOptimizer(optimizer, graph, definition.slots());
    return wrapped;
  }

  @Override
  public Dataset wrapDataset(Dataset dataset) {
    return dataset.wrapped();
  }

  /** From here on optimizers are wrapped for this graph. */
  void enter(Graph graph) {
    this.graph = graph;
    this.wrapped = null;
  }

  /** The optimizer that was wrapped since {@link #enter}, or null. */
  @Nullable ExchangedOptimizer leave() {
    graph = null;
    return wrapped;
  }
}
