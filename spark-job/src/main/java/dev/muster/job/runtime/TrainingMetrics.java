package dev.muster.job.runtime;

import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.TrialException;
import dev.muster.trial.metric.HeapTensor;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.types.TFloat32;

/**
 * The training metrics of one slot: the loss, every scalar summary of the TRAIN graph and the
 * learning rates, fetched with each batch. Confined to the slot's thread.
 */
final class TrainingMetrics {
  /** The name of the loss. */
  static final String LOSS = "loss";

  /** The name of the only learning rate; of several, {@code learning_rate/<optimizer>}. */
  private static final String LEARNING_RATE = "learning_rate";

  private final Map<String, Operand<?>> metrics = new LinkedHashMap<>();

  private TrainingMetrics() {}

  /** Those of a TRAIN graph. */
  static TrainingMetrics of(ModelGraph train) {
    TrainingMetrics metrics = new TrainingMetrics();
    metrics.find(train);
    return metrics;
  }

  private void find(ModelGraph train) {
    metrics.put(LOSS, ((EstimatorSpec.Train) train.spec()).loss());
    train
        .graph()
        .operations()
        .forEachRemaining(
            op -> {
              if (op.type().equals("ScalarSummary")) {
                add(op);
              }
            });
    Map<String, Operand<TFloat32>> rates = train.optimizers().learningRates();
    rates.forEach(
        (optimizer, rate) ->
            metrics.putIfAbsent(
                rates.size() == 1 ? LEARNING_RATE : LEARNING_RATE + "/" + optimizer, rate));
  }

  private void add(GraphOperation summary) {
    String tag = tag(summary);
    Output<?> value = summary.input(1);
    if (value.shape().isUnknown() || value.shape().numDimensions() > 0) {
      throw new TrialException(
          "Cannot report summary '"
              + tag
              + "': expected a scalar, found shape "
              + value.shape()
              + "; reduce it to one number, e.g. by tf().math.mean");
    }
    if (metrics.putIfAbsent(tag, value) != null) {
      throw new TrialException(
          "Cannot report summary '"
              + tag
              + "': there is a training metric of this name already; name it otherwise");
    }
  }

  /** A summary's tag where it is a constant, else the name of the op. */
  private static String tag(GraphOperation summary) {
    if (summary.input(0).op() instanceof GraphOperation tag && tag.type().equals("Const")) {
      AttrValue value = tag.attributes().getAttrValueProto("value");
      if (value.getTensor().getStringValCount() == 1) {
        return value.getTensor().getStringVal(0).toString(StandardCharsets.UTF_8);
      }
    }
    return summary.name();
  }

  /** Adds what a batch fetches. */
  void addTo(Fetches fetches) {
    metrics.values().forEach(fetches::add);
  }

  /** The values of a batch, by name. */
  Map<String, Double> values(Fetches fetches, Result result) {
    Map<String, Double> values = new LinkedHashMap<>();
    metrics.forEach(
        (name, metric) -> {
          HeapTensor value =
              HeapCopies.copyFor(
                  "report training metric '" + name + "'", result.get(fetches.index(metric)));
          values.put(name, value.asDoubles()[0]);
        });
    return values;
  }
}
