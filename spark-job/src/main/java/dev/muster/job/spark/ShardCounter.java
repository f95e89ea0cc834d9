package dev.muster.job.spark;

import dev.muster.job.data.RecordOutput;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.shuffle.FetchFailedException;
import org.apache.spark.sql.catalyst.InternalRow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first reading: counts the rows of a partition, and encodes each to find its faults. */
final class ShardCounter implements Function2<Integer, Iterator<InternalRow>, Iterator<byte[]>> {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(ShardCounter.class);

  /** A source that fails this often is at fault itself. */
  private static final int ATTEMPTS = 3;

  private final ShardPlan plan;
  private final long encoding;

  ShardCounter(ShardPlan plan, long encoding) {
    this.plan = plan;
    this.encoding = encoding;
  }

  @Override
  public Iterator<byte[]> call(Integer partition, Iterator<InternalRow> rows) throws Exception {
    return List.of(count(partition, rows).encode()).iterator();
  }

  @SuppressWarnings("CatchingUnchecked") // Scala's methods throw checked exceptions undeclared.
  private ShardReport count(int partition, Iterator<InternalRow> rows) throws Exception {
    RecordOutput scratch = plan.output();
    long count = 0;
    long bytes = 0;
    try (EncodingMeter.Task meter = EncodingMeter.task(encoding, EncodingMeter.Phase.COUNTED)) {
      for (; rows.hasNext(); count++) {
        scratch.begin();
        plan.encode(rows.next(), scratch);
        bytes += scratch.length();
        meter.record();
      }
      return ShardReport.counted(partition, count, bytes, HostDisk.here());
    } catch (ShardValueException e) {
      return ShardReport.faulty(partition, count, String.valueOf(e.getMessage()), true);
    } catch (Exception e) {
      if (isRepeated(e)) {
        throw e;
      }
      LOG.error("Cannot read partition {} of the source", partition, e);
      return ShardReport.faulty(partition, count, StackTraces.rootCause(e).toString(), false);
    }
  }

  /** Whether Spark shall try again: the first times, and when the fault is not the source's. */
  private static boolean isRepeated(Exception thrown) {
    TaskContext task = TaskContext.get();
    return thrown instanceof FetchFailedException
        || task.isInterrupted()
        || (!ExecutorSide.isInDriver(SparkEnv.get().executorId())
            && task.attemptNumber() + 1 < ATTEMPTS);
  }
}
