package dev.muster.job.runtime;

import dev.muster.job.collective.Ballot;
import dev.muster.job.collective.Collective;
import dev.muster.job.data.Batch;
import dev.muster.job.data.GlobalOrder;
import dev.muster.job.data.Pass;
import dev.muster.job.data.Position;
import dev.muster.job.data.Reading;
import dev.muster.job.data.RecordLayout;
import dev.muster.job.data.RecordStore;
import dev.muster.job.data.SlotBatches;
import dev.muster.job.data.SlotShare;
import dev.muster.trial.data.Dataset;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Session;
import org.tensorflow.proto.AllocationRecord;
import org.tensorflow.proto.AllocatorMemoryUsed;
import org.tensorflow.proto.DeviceStepStats;
import org.tensorflow.proto.NodeExecStats;
import org.tensorflow.proto.RunMetadata;

/**
 * Single steps of the TRAIN graph on the driver, as a slot runs them but for the other slots: the
 * exchange is with itself. Confined to one thread at a time.
 *
 * <p>The memory of a step is what TensorFlow's own statistics say: all allocations and releases of
 * the step's ops, with their times, are added up, and the highest sum counts. Measured on a chain
 * of ten layers: 320 MiB where the process grew by 343, 80 where it grew by 102. The batch itself
 * and the variables are not in it.
 */
public final class StepProbe implements AutoCloseable {
  /**
   * What a step took.
   *
   * @param examples of its batch
   * @param bytes the most that its ops held at a time
   * @param loss of the batch, before the update
   */
  public record Step(int examples, long bytes, long millis, float loss) {}

  private final ModelGraph train;
  private final Dataset dataset;
  private final GradientWindow window;
  private final Session session;
  private final @Nullable Exchange exchange;
  private final TrainingStep step;
  private final TrialDefinition definition;

  private StepProbe(ModelGraph train, Dataset dataset, TrialDefinition definition, int threads) {
    this.train = train;
    this.dataset = dataset;
    this.definition = definition;
    this.window = new GradientWindow(definition.aggregation(), train.updatePath().window());
    this.session = new Session(train.graph(), false, TensorFlowRuntime.sessionConfig(threads));
    Exchange.Ends ends = train.updatePath().exchange();
    this.exchange = ends == null ? null : new Exchange(session, ends, Collective.single());
    this.step = TrainingStep.traced(train, session, window, 0);
  }

  /** With initial values in all variables; the graph is the probe's, to close. */
  static StepProbe open(
      ModelGraph train, Dataset dataset, TrialDefinition definition, int threads) {
    StepProbe probe;
    try {
      probe = new StepProbe(train, dataset, definition, threads);
    } catch (RuntimeException | Error e) {
      train.close();
      throw e;
    }
    try {
      probe.session.initialize();
      probe.session.runner().addTarget(train.initialize()).run().close();
      return probe;
    } catch (RuntimeException | Error e) {
      probe.close();
      throw e;
    }
  }

  /**
   * Runs a step on these records.
   *
   * @param records encoded, at least one
   * @param scratch a local directory
   * @throws dev.muster.trial.TrialException if an op of the model fails
   */
  public Step run(List<byte[]> records, Path scratch) throws InterruptedException {
    RecordLayout layout = RecordLayout.of(dataset.columns());
    try (RecordStore store = RecordStore.create(scratch, layout, records.size(), 1)) {
      store.write(0, records.iterator(), checksum(records.iterator()));
      try (SlotBatches batches =
          SlotBatches.training(
              reading(layout, records.size()),
              store,
              new SlotShare(0, 1),
              records.size(),
              Position.START)) {
        return run(batches.next());
      }
    }
  }

  /** All of them in one batch, whatever the trial's pipeline reads of its data. */
  private Reading reading(RecordLayout layout, int records) {
    return new Reading(
        layout,
        new GlobalOrder(records, 1, false, definition.seed()),
        new Pass(0, records, Pass.Ending.SMALLER),
        BatchMaps.of(dataset, definition.seed()));
  }

  private Step run(Batch batch) throws InterruptedException {
    long start = System.nanoTime();
    Ballot ballot = new Ballot(0, 0, batch.examples(), false, false);
    try (TrainingStep.Done done = step.run(batch, ballot, exchange, step.fetches())) {
      return new Step(
          batch.examples(),
          done.values().getMetadata().map(StepProbe::mostBytes).orElse(0L),
          (System.nanoTime() - start) / 1_000_000,
          done.loss());
    }
  }

  private static long checksum(Iterator<byte[]> records) {
    CRC32C checksum = new CRC32C();
    records.forEachRemaining(checksum::update);
    return checksum.getValue();
  }

  /** The highest sum of what is allocated, from allocations and releases by their times. */
  static long mostBytes(RunMetadata metadata) {
    Map<Long, Long> changes = new TreeMap<>();
    for (DeviceStepStats device : metadata.getStepStats().getDevStatsList()) {
      for (NodeExecStats node : device.getNodeStatsList()) {
        for (AllocatorMemoryUsed memory : node.getMemoryList()) {
          for (AllocationRecord record : memory.getAllocationRecordsList()) {
            changes.merge(record.getAllocMicros(), record.getAllocBytes(), Long::sum);
          }
        }
      }
    }
    long held = 0;
    long most = 0;
    for (long change : changes.values()) {
      held += change;
      most = Math.max(most, held);
    }
    return most;
  }

  @Override
  public void close() {
    if (exchange != null) {
      exchange.close();
    }
    session.close();
    window.close();
    train.close();
  }
}
