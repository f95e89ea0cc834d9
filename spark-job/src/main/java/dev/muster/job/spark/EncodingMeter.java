package dev.muster.job.spark;

import java.util.EnumMap;
import java.util.Map;

/**
 * How many records the tasks of this JVM have been through in the newest encoding, for the
 * heartbeat to tell the driver. A task that is repeated counts twice. Thread-safe.
 */
final class EncodingMeter {
  /** What every record goes through, in this order. */
  enum Phase {
    COUNTED,
    ENCODED,
    STORED
  }

  /** One task's count; told in portions, so that tasks do not wait for each other. */
  static final class Task implements AutoCloseable {
    private static final int PORTION = 1024;

    private final long encoding;
    private final Phase phase;
    private int untold;

    private Task(long encoding, Phase phase) {
      this.encoding = encoding;
      this.phase = phase;
    }

    /** One record more. */
    void record() {
      if (++untold == PORTION) {
        close();
      }
    }

    /** Tells what was not told yet. */
    @Override
    public void close() {
      HERE.add(encoding, phase, untold);
      untold = 0;
    }
  }

  private static final EncodingMeter HERE = new EncodingMeter();

  private long newest; // guarded by this, as are the counts
  private final Map<Phase, Long> counts = new EnumMap<>(Phase.class);

  private EncodingMeter() {}

  /**
   * The count of a task.
   *
   * @param encoding its number in the application; a higher one is newer
   */
  static Task task(long encoding, Phase phase) {
    return new Task(encoding, phase);
  }

  private synchronized void add(long encoding, Phase phase, long records) {
    if (encoding > newest) {
      newest = encoding;
      counts.clear();
    }
    if (encoding == newest) {
      counts.merge(phase, records, Long::sum);
    }
  }

  /** What this JVM has to tell. */
  static Message.Encoded reading(String executorId) {
    synchronized (HERE) {
      return new Message.Encoded(
          executorId,
          HERE.newest,
          HERE.counts.getOrDefault(Phase.COUNTED, 0L),
          HERE.counts.getOrDefault(Phase.ENCODED, 0L),
          HERE.counts.getOrDefault(Phase.STORED, 0L));
    }
  }
}
