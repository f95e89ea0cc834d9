package dev.muster.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Who used the processors while a contender ran: the processes below this one, others, and the
 * hypervisor. Samples on a thread of its own, {@code bench-load}, until it is closed. Thread-safe.
 */
final class MachineLoad implements AutoCloseable {
  private static final long SAMPLE_MILLIS = 100;
  private static final double TICKS_PER_SECOND = 100; // USER_HZ of Linux, everywhere

  /** The state at one moment; two of them make a {@link Use}. */
  record Mark(long nanos, double busySeconds, double stolenSeconds, double ownSeconds) {}

  /**
   * Processors used on average over some seconds.
   *
   * @param own by the contender's processes
   * @param foreign by processes that are not ours
   * @param stolen by the hypervisor
   */
  record Use(double seconds, double own, double foreign, double stolen) {}

  private final Map<Long, Duration> own = new HashMap<>();
  private final Thread sampler;
  private volatile boolean closed;

  MachineLoad() {
    sampler = new Thread(this::sample, "bench-load");
    sampler.setDaemon(true);
    sampler.start();
  }

  private void sample() {
    try {
      while (!closed) {
        sampleOwn();
        Thread.sleep(SAMPLE_MILLIS);
      }
    } catch (InterruptedException e) {
      // The end.
    }
  }

  private synchronized void sampleOwn() {
    ProcessHandle self = ProcessHandle.current();
    self.info().totalCpuDuration().ifPresent(used -> own.put(self.pid(), used));
    self.descendants()
        .forEach(
            process ->
                process.info().totalCpuDuration().ifPresent(used -> own.put(process.pid(), used)));
  }

  Mark mark() {
    sampleOwn();
    double ownSeconds;
    synchronized (this) {
      ownSeconds = own.values().stream().mapToLong(Duration::toMillis).sum() / 1e3;
    }
    // cpu user nice system idle iowait irq softirq steal …
    String[] words = firstLine().split(" +", -1);
    double busy = 0;
    for (int i : new int[] {1, 2, 3, 6, 7}) {
      busy += Long.parseLong(words[i]) / TICKS_PER_SECOND;
    }
    return new Mark(
        System.nanoTime(), busy, Long.parseLong(words[8]) / TICKS_PER_SECOND, ownSeconds);
  }

  private static String firstLine() {
    try {
      return Files.readAllLines(Path.of("/proc/stat")).get(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Use between(Mark start, Mark end) {
    double seconds = (end.nanos - start.nanos) / 1e9;
    double ownSeconds = end.ownSeconds - start.ownSeconds;
    return new Use(
        seconds,
        ownSeconds / seconds,
        Math.max(0, end.busySeconds - start.busySeconds - ownSeconds) / seconds,
        (end.stolenSeconds - start.stolenSeconds) / seconds);
  }

  @Override
  public void close() {
    closed = true;
    sampler.interrupt();
  }
}
