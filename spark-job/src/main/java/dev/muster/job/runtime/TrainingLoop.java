package dev.muster.job.runtime;

import dev.muster.job.collective.Ballot;
import dev.muster.job.collective.Collective;
import dev.muster.job.data.Batch;
import dev.muster.trial.TrialException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The batches of one training workload in one slot. Confined to the slot's thread. */
final class TrainingLoop {
  private final TrainingStep step;
  private final TrainingCursor cursor;
  private final TrainingMetrics metrics;
  private final Fetches ofEachStep;
  private final StepLog log;
  private final SessionHooks hooks;
  private final SlotTrialContext context;
  private final int rank;
  private final LongConsumer afterStep;

  /**
   * @param afterStep is told how many batches were trained, after each
   */
  TrainingLoop(
      TrainingStep step,
      TrainingMetrics metrics,
      StepLog log,
      TrainingCursor cursor,
      SessionHooks hooks,
      SlotTrialContext context,
      int rank,
      LongConsumer afterStep) {
    this.metrics = metrics;
    this.ofEachStep = step.fetches();
    metrics.addTo(ofEachStep);
    this.log = log;
    this.hooks = hooks;
    this.step = step;
    this.cursor = cursor;
    this.context = context;
    this.rank = rank;
    this.afterStep = afterStep;
  }

  /**
   * Trains this many batches, in step with the other slots.
   *
   * @param ring of the generation, of which no step is under way
   * @param exchange of gradients over the ring, or null if there are no other slots
   * @throws TrialException if the loss is not a number
   */
  TrainReport run(int count, Collective ring, @Nullable Exchange exchange, StepListener listener)
      throws InterruptedException {
    long start = System.nanoTime();
    Map<String, Double> sums = new LinkedHashMap<>();
    long examples = 0;
    boolean stop = false;
    for (int i = 0; i < count; i++) {
      listener.at(cursor.batches(), "train");
      Batch batch = cursor.next();
      SessionHooks.Pending pending = hooks.before(cursor.batches(), batch.examples());
      Fetches fetches = new Fetches(ofEachStep);
      pending.addTo(fetches);
      try (TrainingStep.Done done =
          step.run(batch, ballot(batch.examples(), listener), exchange, fetches)) {
        stop |= done.stop();
        cursor.advance();
        afterStep.accept(cursor.batches());
        Map<String, Double> values = Map.of();
        if (batch.examples() > 0) {
          checkLoss(done.loss());
          values = metrics.values(fetches, done.values());
          values.forEach((name, value) -> sums.merge(name, value * batch.examples(), Double::sum));
          examples += batch.examples();
        }
        listener.trained(cursor.batches(), batch.examples(), done.loss());
        pending.after(fetches, done.values());
        log.trained(cursor.batches(), values);
      }
    }
    stop |= agreeToStop(ring, listener); // a hook may have asked after the last batch
    return new TrainReport(
        count, cursor.batches(), sums, examples, System.nanoTime() - start, stop);
  }

  /** Whether a slot asks to stop; all slots call it at the same step and learn the same. */
  boolean agreeToStop(Collective ring, StepListener listener) {
    boolean stop = ring.agree(ballot(0, listener)).stop();
    if (stop) {
      context.requestStop();
    }
    return stop;
  }

  private Ballot ballot(long examples, StepListener listener) {
    return new Ballot(
        cursor.batches(), 0, examples, context.stopRequested() || listener.stopRequested(), false);
  }

  private void checkLoss(float loss) {
    if (Float.isNaN(loss)) {
      throw new TrialException(
          "Cannot go on training: the loss of step "
              + cursor.batches()
              + " is NaN on rank "
              + rank
              + "; try a smaller learning rate, or look for log(0) and 0/0 in the model");
    }
  }
}
