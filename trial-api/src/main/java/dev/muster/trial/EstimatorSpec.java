package dev.muster.trial;

import dev.muster.trial.metric.Metric;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TNumber;

/** What a model function built, one kind for each {@link Mode}. Immutable. */
public abstract sealed class EstimatorSpec
    permits EstimatorSpec.Train, EstimatorSpec.Eval, EstimatorSpec.Predict {
  private EstimatorSpec() {}

  /** The mode that this specification belongs to. */
  public abstract Mode mode();

  /**
   * Training.
   *
   * @param loss a scalar, the mean over the batch
   * @param trainOp what a step runs, as returned by a wrapped optimizer's {@code minimize}
   * @throws TrialException if the loss is not a scalar
   */
  public static Train train(Operand<TFloat32> loss, Op trainOp) {
    return new Train(scalar(loss, Mode.TRAIN), Objects.requireNonNull(trainOp, "trainOp"));
  }

  /**
   * Validation, with the metric {@code loss}; further ones are added by {@link Eval#metric}.
   *
   * @param loss a scalar, the mean over the batch
   * @throws TrialException if the loss is not a scalar
   */
  public static Eval eval(Operand<TFloat32> loss) {
    return new Eval(scalar(loss, Mode.EVAL), Map.of());
  }

  /**
   * Serving.
   *
   * @param outputs the outputs of the serving signature, by name; at least one
   */
  public static Predict predict(Map<String, ? extends Operand<?>> outputs) {
    if (outputs.isEmpty()) {
      throw new TrialException("Cannot build the PREDICT specification: it has no outputs");
    }
    return new Predict(Collections.unmodifiableMap(new LinkedHashMap<>(outputs)));
  }

  private static Operand<TFloat32> scalar(Operand<TFloat32> loss, Mode mode) {
    Shape shape = loss.asOutput().shape();
    if (shape.isUnknown() || shape.numDimensions() != 0) {
      throw new TrialException(
          "Cannot use the loss of the "
              + mode
              + " specification: expected a scalar, found shape "
              + shape
              + "; return the mean over the batch from the model function");
    }
    return loss;
  }

  /** What a training step runs. */
  public static final class Train extends EstimatorSpec {
    private final Operand<TFloat32> loss;
    private final Op trainOp;

    private Train(Operand<TFloat32> loss, Op trainOp) {
      this.loss = loss;
      this.trainOp = trainOp;
    }

    @Override
    public Mode mode() {
      return Mode.TRAIN;
    }

    /** A scalar: the mean loss of the slot's batch. */
    public Operand<TFloat32> loss() {
      return loss;
    }

    /** What a step runs. */
    public Op trainOp() {
      return trainOp;
    }
  }

  /** What an evaluation batch fetches. */
  public static final class Eval extends EstimatorSpec {
    private final Operand<TFloat32> loss;
    private final Map<String, Metric> metrics;

    private Eval(Operand<TFloat32> loss, Map<String, Metric> metrics) {
      this.loss = loss;
      this.metrics = metrics;
    }

    @Override
    public Mode mode() {
      return Mode.EVAL;
    }

    /**
     * With one more metric.
     *
     * @param name not {@code loss} and not one that is there already
     * @param metric from {@link ModelScope#metrics()} or {@link EstimatorTrialContext#makeMetric}
     */
    public Eval metric(String name, Metric metric) {
      if (name.equals("loss") || metrics.containsKey(name)) {
        throw new TrialException(
            "Cannot add metric '" + name + "': there is one of this name already");
      }
      Map<String, Metric> more = new LinkedHashMap<>(metrics);
      more.put(name, metric);
      return new Eval(loss, Collections.unmodifiableMap(more));
    }

    /**
     * With one more metric: a scalar of each batch, averaged over all batches of all slots,
     * weighted by their examples.
     */
    public Eval metric(String name, Operand<? extends TNumber> batchMean) {
      return metric(name, Metric.weightedMean(name, batchMean));
    }

    /** A scalar: the mean loss of the slot's batch. */
    public Operand<TFloat32> loss() {
      return loss;
    }

    /** The metrics by name, in the order in which they were added. */
    public Map<String, Metric> metrics() {
      return metrics;
    }
  }

  /** What a served model answers. */
  public static final class Predict extends EstimatorSpec {
    private final Map<String, Operand<?>> outputs;

    private Predict(Map<String, Operand<?>> outputs) {
      this.outputs = outputs;
    }

    @Override
    public Mode mode() {
      return Mode.PREDICT;
    }

    /** The outputs of the serving signature, by name. */
    public Map<String, Operand<?>> outputs() {
      return outputs;
    }
  }
}
