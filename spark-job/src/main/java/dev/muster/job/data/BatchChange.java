package dev.muster.job.data;

/** What the trial does with each batch before it is handed out; called on the reading thread. */
@FunctionalInterface
public interface BatchChange {
  /** Leaves all batches as they are. */
  BatchChange NONE = (batch, place) -> {};

  /**
   * Changes the contents of the batch's tensors.
   *
   * @param batch with as many examples as its tensors have rows
   * @param place a hash of the epoch, the batch's position in it, and the slot's share
   */
  void apply(Batch batch, long place);
}
