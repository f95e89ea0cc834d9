package dev.muster.job.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Counts what a slot trains: told of each step on the slot's thread, read once a second on the
 * heartbeat's. Thread-safe.
 */
final class SlotMeter {
  private static final Path MEMORY = Path.of("/proc/self/status");
  private static final String RESIDENT = "VmRSS:";

  private final Ticker ticker;
  private long steps;
  private long examples;
  private double loss = Double.NaN;
  private long lookedNanos;
  private long lookedExamples;

  SlotMeter(Ticker ticker) {
    this.ticker = ticker;
    this.lookedNanos = ticker.nanos();
  }

  /**
   * A batch was trained.
   *
   * @param batches trained since the trial began
   * @param batchExamples of this slot in it; none leave the loss as it was
   */
  synchronized void trained(long batches, int batchExamples, double batchLoss) {
    steps = batches;
    if (batchExamples > 0) {
      examples += batchExamples;
      loss = batchLoss;
    }
  }

  /** The slot does something else with so many batches trained. */
  synchronized void at(long batches) {
    steps = batches;
  }

  /** How the slot does now, its speed since the last call. */
  synchronized Vitals look() {
    long now = ticker.nanos();
    double seconds = Math.max(1, now - lookedNanos) / 1e9;
    double perSecond = (examples - lookedExamples) / seconds;
    lookedNanos = now;
    lookedExamples = examples;
    return new Vitals(steps, examples, perSecond, loss, residentBytes());
  }

  /** What this process holds of the host's memory. */
  static long residentBytes() {
    try {
      return Files.readAllLines(MEMORY, StandardCharsets.ISO_8859_1).stream()
          .filter(line -> line.startsWith(RESIDENT))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10) // in kB
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0; // not Linux
    }
  }
}
