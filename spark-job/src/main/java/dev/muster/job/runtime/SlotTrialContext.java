package dev.muster.job.runtime;

import dev.muster.job.text.NearName;
import dev.muster.trial.ConfigValue;
import dev.muster.trial.Distributed;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.optimizer.Optimizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;

/** The context of a trial in one slot, or on the driver. */
class SlotTrialContext extends EstimatorTrialContext {
  private final TrialDefinition definition;
  private final SlotDistributed distributed;
  private volatile long initialBatch;
  private @Nullable Path scratch;
  private @Nullable Path tensorBoard;
  private volatile boolean stopRequested;
  private @Nullable WrappedOptimizers wrapped;

  SlotTrialContext(TrialDefinition definition, int rank, long initialBatch) {
    this.definition = definition;
    this.distributed = new SlotDistributed(rank, definition.slots());
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

  /** The process has taken up the trial after so many batches. */
  void beganAt(long batches) {
    initialBatch = batches;
  }

  @Override
  public Distributed distributed() {
    return distributed;
  }

  @Override
  public synchronized Path tensorBoardPath() {
    Path directory = tensorBoard;
    if (directory == null) {
      try {
        directory =
            scratch == null
                ? Files.createTempDirectory("muster-tensorboard-")
                : Files.createTempDirectory(scratch, "muster-tensorboard-");
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot make a directory for TensorBoard's files", e);
      }
      tensorBoard = directory;
    }
    return directory;
  }

  /** Where {@link #tensorBoardPath} makes its directory: the system's temporary one by default. */
  void scratch(Path local) {
    scratch = local;
  }

  /** The directory, if somebody asked for it. */
  synchronized Optional<Path> tensorBoard() {
    return Optional.ofNullable(tensorBoard);
  }

  /** Deletes the directory. */
  void close() throws IOException {
    Optional<Path> directory = tensorBoard();
    if (directory.isPresent()) {
      try (Stream<Path> walk = Files.walk(directory.get())) {
        for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      }
    }
  }

  /** What the slot's replica tells of its place and its ring. */
  SlotDistributed slots() {
    return distributed;
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
    WrappedOptimizers group = wrapped;
    if (group == null) {
      throw new TrialException(
          "Cannot wrap an optimizer here: call wrapOptimizer in the model function");
    }
    return optimizer == null ? group.wrapNone() : group.wrap(optimizer);
  }

  @Override
  public Dataset wrapDataset(Dataset dataset) {
    return dataset.wrapped();
  }

  /** The slot's rank. */
  int rank() {
    return distributed.rank();
  }

  /** From here on optimizers are wrapped for this graph. */
  void enter(Graph graph) {
    wrapped = new WrappedOptimizers(graph, definition.aggregation());
  }

  /** The optimizers that were wrapped since {@link #enter}. */
  WrappedOptimizers leave() {
    WrappedOptimizers group = Objects.requireNonNull(wrapped);
    wrapped = null;
    return group;
  }
}
