package dev.muster.job.runtime;

import dev.muster.trial.TrialException;
import dev.muster.trial.metric.MetricReducer;
import dev.muster.trial.metric.MetricValue;
import java.io.Serializable;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a reducer returns, tried before anything is trained. */
final class MetricShapes {
  private static final Logger LOG = LoggerFactory.getLogger(MetricShapes.class);

  private MetricShapes() {}

  /**
   * Refuses a searcher's metric whose reducer makes an array of the state of a slot without a
   * batch. A reducer that fails on it is left for the first validation.
   */
  static <S extends Serializable> void refuseArray(String metric, MetricReducer<S> reducer) {
    MetricValue value;
    try {
      value = reducer.crossSlotReduce(List.of(reducer.empty()));
    } catch (RuntimeException e) {
      LOG.debug("Metric {} cannot be reduced without a batch", metric, e);
      return;
    }
    if (value instanceof MetricValue.Array array) {
      throw new TrialException(
          "Cannot search by metric '"
              + metric
              + "': expected a scalar, found an array of "
              + array.values().size()
              + ", which its reducer returns; have the reducer return a scalar, or set"
              + " searcher.metric to another metric");
    }
  }
}
