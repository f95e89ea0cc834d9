package dev.muster.job.runtime;

import dev.muster.trial.RunConfig;
import java.io.IOException;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chief's log lines and event file of its training metrics, at the periods of {@link
 * RunConfig}; after the user's hooks. What fails is logged. Confined to the slot's thread.
 */
final class StepLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StepLog.class);

  private final RunConfig config;
  private final SlotTrialContext context;
  private final boolean chief;
  private @Nullable EventFile events;
  private boolean failed;
  private long lastNanos = System.nanoTime();
  private long lastBatches = -1;

  StepLog(RunConfig config, SlotTrialContext context, boolean chief) {
    this.config = config;
    this.context = context;
    this.chief = chief;
  }

  /** A batch was trained; with this one there are so many. */
  void trained(long batches, Map<String, Double> metrics) {
    if (!chief) {
      return;
    }
    if (isDue(config.logStepCountSteps(), batches)) {
      line(batches, metrics.getOrDefault(TrainingMetrics.LOSS, Double.NaN));
    }
    if (isDue(config.saveSummarySteps(), batches) && !failed) {
      save(batches, metrics);
    }
  }

  private static boolean isDue(int period, long batches) {
    return period > 0 && batches % period == 0;
  }

  private void line(long batches, double loss) {
    long now = System.nanoTime();
    double perSecond = lastBatches < 0 ? 0 : (batches - lastBatches) * 1e9 / (now - lastNanos);
    LOG.info(
        "step {}: loss {}, {} steps/s",
        batches,
        String.format(Locale.ROOT, "%.6g", loss),
        lastBatches < 0 ? "-" : String.format(Locale.ROOT, "%.1f", perSecond));
    lastNanos = now;
    lastBatches = batches;
  }

  private void save(long batches, Map<String, Double> metrics) {
    try {
      EventFile open = events;
      if (open == null) {
        open = new EventFile(context.tensorBoardPath(), Clock.systemUTC());
        events = open;
      }
      open.add(batches, metrics);
    } catch (IOException | RuntimeException e) {
      failed = true;
      LOG.warn("Cannot write summaries for TensorBoard; there will be none from now on", e);
    }
  }

  @Override
  public void close() throws IOException {
    if (events != null) {
      events.close();
    }
  }
}
