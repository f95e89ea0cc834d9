package dev.muster.trial.data;

import java.util.random.RandomGenerator;

/**
 * Changes a batch in Java before it is fed; see {@link Dataset#mapBatch(BatchMap)}. Called in each
 * slot for each batch of the slot, on the thread that reads its records ahead of the step, {@code
 * muster-data-training-<rank>} or {@code muster-data-validation-<rank>}: one that training and
 * validation share is called by both.
 */
@FunctionalInterface
public interface BatchMap {
  /**
   * Changes the contents of the batch's tensors.
   *
   * @param batch of this slot, valid until the method returns
   * @param random made anew for each batch from the trial's seed, the epoch, the batch's position
   *     in it and the slot's rank: a resumed trial draws the same numbers. With {@link
   *     Sharding#NONE}, where all slots have the same batches, they draw the same numbers too
   * @throws Exception if the batch cannot be used; it ends the trial as its fault
   */
  void apply(MutableBatch batch, RandomGenerator random) throws Exception;
}
