package dev.muster.trial.metric;

import java.util.ArrayList;
import java.util.List;

/**
 * Keeps the batches for a function that wants them all.
 *
 * @param function called on the driver alone, so that it need not be serializable
 */
record FunctionReducer(ReducerFunction function) implements MetricReducer<ArrayList<BatchValues>> {
  @Override
  public ArrayList<BatchValues> empty() {
    return new ArrayList<>();
  }

  @Override
  public ArrayList<BatchValues> accumulate(ArrayList<BatchValues> soFar, BatchValues batch) {
    soFar.add(batch);
    return soFar;
  }

  @Override
  public MetricValue crossSlotReduce(List<ArrayList<BatchValues>> perSlot) {
    List<BatchValues> slotMajor = new ArrayList<>();
    perSlot.forEach(slotMajor::addAll);
    return function.reduce(List.copyOf(slotMajor));
  }
}
