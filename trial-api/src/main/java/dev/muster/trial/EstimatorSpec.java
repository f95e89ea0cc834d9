package dev.muster.trial;

import dev.muster.trial.hook.SessionHook;
import dev.muster.trial.metric.Metric;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TString;
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
    return new Train(
        scalar(loss, Mode.TRAIN), Objects.requireNonNull(trainOp, "trainOp"), List.of());
  }

  /**
   * Validation, with the metric {@code loss}; further ones are added by {@link Eval#metric}.
   *
   * @param loss a scalar, the mean over the batch
   * @throws TrialException if the loss is not a scalar
   */
  public static Eval eval(Operand<TFloat32> loss) {
    return new Eval(scalar(loss, Mode.EVAL), Map.of(), List.of());
  }

  /**
   * Serving, by the signature {@code serving_default}; further ones are added by {@link
   * Predict#signature}.
   *
   * @param outputs its outputs by name; at least one
   */
  public static Predict predict(Map<String, ? extends Operand<?>> outputs) {
    return new Predict(Map.of()).signature(Predict.DEFAULT_SIGNATURE, outputs);
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

  private static List<SessionHook> all(List<SessionHook> hooks, SessionHook... more) {
    List<SessionHook> all = new ArrayList<>(hooks);
    all.addAll(List.of(more));
    return List.copyOf(all);
  }

  /** What a training step runs. */
  public static final class Train extends EstimatorSpec {
    private final Operand<TFloat32> loss;
    private final Op trainOp;
    private final List<SessionHook> hooks;

    private Train(Operand<TFloat32> loss, Op trainOp, List<SessionHook> hooks) {
      this.loss = loss;
      this.trainOp = trainOp;
      this.hooks = hooks;
    }

    /** With further training hooks, called after those of the {@link TrainSpec}. */
    public Train hooks(SessionHook... more) {
      return new Train(loss, trainOp, all(hooks, more));
    }

    /** The training hooks in the order in which they are called. */
    public List<SessionHook> hooks() {
      return hooks;
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
    private final List<SessionHook> hooks;

    private Eval(Operand<TFloat32> loss, Map<String, Metric> metrics, List<SessionHook> hooks) {
      this.loss = loss;
      this.metrics = metrics;
      this.hooks = hooks;
    }

    /** With further hooks of each validation, called after those of the {@link EvalSpec}. */
    public Eval hooks(SessionHook... more) {
      return new Eval(loss, metrics, all(hooks, more));
    }

    /** The validation hooks in the order in which they are called. */
    public List<SessionHook> hooks() {
      return hooks;
    }

    @Override
    public Mode mode() {
      return Mode.EVAL;
    }

    /**
     * With one more metric.
     *
     * @param name not {@code loss} or {@code global_step}, which are always there, and not one that
     *     is there already
     * @param metric from {@link ModelScope#metrics()} or {@link EstimatorTrialContext#makeMetric}
     */
    public Eval metric(String name, Metric metric) {
      if (name.equals("loss") || name.equals("global_step") || metrics.containsKey(name)) {
        throw new TrialException(
            "Cannot add metric '" + name + "': there is one of this name already");
      }
      Map<String, Metric> more = new LinkedHashMap<>(metrics);
      more.put(name, metric);
      return new Eval(loss, Collections.unmodifiableMap(more), hooks);
    }

    /**
     * With one more metric: a scalar of each batch. Numbers are averaged over all batches of all
     * slots, weighted by their examples. Of what is no number (a string, a bool) the chief's last
     * value is kept.
     */
    public Eval metric(String name, Operand<?> value) {
      return metric(
          name,
          TNumber.class.isAssignableFrom(value.type())
              ? Metric.weightedMean(name, number(value))
              : Metric.lastOfChief(name, value));
    }

    @SuppressWarnings("unchecked") // its type was looked at
    private static Operand<? extends TNumber> number(Operand<?> value) {
      return (Operand<? extends TNumber>) value;
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

  /** What a served model answers: one signature or several. */
  public static final class Predict extends EstimatorSpec {
    /** The name of the signature that is used where a request names none. */
    public static final String DEFAULT_SIGNATURE = "serving_default";

    private final Map<String, Signature> signatures;

    private Predict(Map<String, Signature> signatures) {
      this.signatures = signatures;
    }

    @Override
    public Mode mode() {
      return Mode.PREDICT;
    }

    /**
     * With one more signature of the method {@code tensorflow/serving/predict}.
     *
     * @param name not {@code serving_default} and not one that is there already
     * @param outputs its outputs by name; at least one
     */
    public Predict signature(String name, Map<String, ? extends Operand<?>> outputs) {
      return with(name, new Signature("tensorflow/serving/predict", checked(name, outputs)));
    }

    /**
     * With one more signature of the method {@code tensorflow/serving/classify}, which TensorFlow
     * Serving asks for with examples: it is left out where the receiver is of tensors.
     *
     * @param name not {@code serving_default} and not one that is there already
     * @param classes {@code [batch, classes]}: the names of the classes
     * @param scores {@code [batch, classes]}: the score of each
     */
    public Predict classification(String name, Operand<TString> classes, Operand<TFloat32> scores) {
      Map<String, Operand<?>> outputs = new LinkedHashMap<>();
      outputs.put("classes", classes);
      outputs.put("scores", scores);
      return with(name, new Signature(Signature.CLASSIFY, checked(name, outputs)));
    }

    private Predict with(String name, Signature signature) {
      Map<String, Signature> more = new LinkedHashMap<>(signatures);
      if (more.put(name, signature) != null) {
        throw new TrialException(
            "Cannot add signature '" + name + "': there is one of this name already");
      }
      return new Predict(Collections.unmodifiableMap(more));
    }

    private static Map<String, Operand<?>> checked(
        String signature, Map<String, ? extends Operand<?>> outputs) {
      if (outputs.isEmpty()) {
        throw new TrialException(
            "Cannot build the PREDICT specification: "
                + (signature.equals(DEFAULT_SIGNATURE) ? "it" : "signature '" + signature + "'")
                + " has no outputs");
      }
      Map<String, Operand<?>> copy = new LinkedHashMap<>(outputs);
      copy.forEach(
          (name, output) -> {
            if (name == null || output == null) {
              throw new TrialException(
                  "Cannot build the PREDICT specification: output '" + name + "' is null");
            }
          });
      return Collections.unmodifiableMap(copy);
    }

    /** The outputs of the signature {@code serving_default}, by name. */
    public Map<String, Operand<?>> outputs() {
      return Objects.requireNonNull(signatures.get(DEFAULT_SIGNATURE)).outputs();
    }

    /** All signatures by name, {@code serving_default} first. */
    public Map<String, Signature> signatures() {
      return signatures;
    }
  }

  /**
   * A way to ask a served model.
   *
   * @param method as TensorFlow Serving names it, e.g. {@code tensorflow/serving/predict}
   * @param outputs by name
   */
  public record Signature(String method, Map<String, Operand<?>> outputs) {
    /** The method whose only input are examples, under the name {@code inputs}. */
    public static final String CLASSIFY = "tensorflow/serving/classify";
  }
}
