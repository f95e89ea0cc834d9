package dev.muster.job.spark;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.Mode;
import dev.muster.trial.ModelScope;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.Source;
import dev.muster.trial.layer.Initializer;
import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.MergeableReducer;
import dev.muster.trial.metric.MetricReducer;
import dev.muster.trial.metric.MetricValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Predicts x × w, with w = 1 at first, on a few records whose metrics can be computed by hand. The
 * hyperparameter {@code order} has the slots' evaluations end in reverse.
 */
public final class UnevenTrial extends EstimatorTrial {
  /** What x and y are, exact in binary; also what {@code y > 0} and {@code x > 0} are. */
  static final float[] X = {1, -2, 3, 4, -5, 6, 7};

  static final float[] Y = {1.5f, -2, 2, 6, -5.5f, 6.25f, 3};

  /** The class of each record: where x is above 0, the model says 1. */
  static final long[] CLASS = {1, 0, 1, 0, 1, 1, 0};

  /** Summed by slot and then by rank: another order of the ranks gives another double. */
  static final float[] HUGE = {1, 1e17f, -1e17f, 0.5f, 0, 0, 0.25f};

  public UnevenTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Ops tf = m.tf();
    Operand<TFloat32> x = m.feature("x", TFloat32.class); // [batch]
    Operand<TFloat32> w = m.variable("w", Shape.scalar(), Initializer.constant(1));
    Operand<TFloat32> prediction = tf.math.mul(x, w);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("prediction", prediction));
    }
    Operand<TFloat32> y = m.label("y", TFloat32.class);
    Operand<TFloat32> loss = m.losses().meanSquaredError(y, prediction);
    if (m.mode() == Mode.TRAIN) {
      return EstimatorSpec.train(
          loss, context().wrapOptimizer(m.optimizers().sgd(0.001f)).minimize(loss));
    }
    Operand<TInt64> digit = m.label("class", TInt64.class);
    Operand<TFloat32> logits = // [batch, 2]
        tf.stack(
            List.of(tf.math.neg(prediction), prediction), org.tensorflow.op.core.Stack.axis(1L));
    int rank = context().distributed().rank();
    boolean reverse = context().hparam("order").asString().equals("reverse");
    EstimatorSpec.Eval spec =
        EstimatorSpec.eval(loss)
            .metric("merged", context().makeMetric(m.feature("huge", TFloat32.class), new Sum()))
            .metric("auc", m.metrics().rocAuc(digit, prediction))
            .metric("matrix", m.metrics().confusionMatrix(digit, logits))
            .metric("slot", tf.constant("slot " + rank))
            .metric(
                "records",
                context()
                    .makeMetric(
                        List.of(x, digit),
                        batches ->
                            MetricValue.array(
                                batches.stream()
                                    .flatMapToDouble(
                                        batch -> Arrays.stream(batch.value(0).asDoubles()))
                                    .toArray())));
    if (context().hparams().containsKey("large")) {
      spec =
          spec.metric("large", context().makeMetric(x, new Large()))
              .metric("large_mergeable", context().makeMetric(x, new LargeMergeable()));
    }
    return spec.metric("accuracy", m.metrics().accuracy(digit, logits))
        .metric("mean_x", tf.math.mean(x, tf.constant(0)))
        .metric("sum", context().makeMetric(m.feature("huge", TFloat32.class), new SumByRank()))
        .metric("batches", context().makeMetric(x, new BatchesByRank(rank, reverse)));
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(context().wrapDataset(records(X.length)).batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    Dataset records = records(context().data("records").asInt());
    return EvalSpec.of(
        context().wrapDataset(records).batch(context().hparam("eval_batch").asInt()));
  }

  private static Dataset records(int count) {
    return Dataset.of("uneven", source(count))
        .feature("x", TFloat32.class)
        .feature("huge", TFloat32.class)
        .label("y", TFloat32.class)
        .label("class", TInt64.class);
  }

  private static Source source(int count) {
    StructType schema =
        new StructType()
            .add("x", DataTypes.FloatType, false)
            .add("huge", DataTypes.FloatType, false)
            .add("y", DataTypes.FloatType, false)
            .add("class", DataTypes.LongType, false);
    return spark -> {
      List<org.apache.spark.sql.Row> rows = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        rows.add(RowFactory.create(X[i], HUGE[i], Y[i], CLASS[i]));
      }
      return spark.createDataFrame(rows, schema);
    };
  }

  /** Sums in double precision, by slot and then by rank. */
  private static final class SumByRank implements MetricReducer<Double> {
    @Override
    public Double empty() {
      return 0.0;
    }

    @Override
    public Double accumulate(Double soFar, BatchValues batch) {
      double sum = soFar;
      for (float value : batch.value().floats()) {
        sum += value;
      }
      return sum;
    }

    @Override
    public MetricValue crossSlotReduce(List<Double> perSlot) {
      double sum = 0;
      for (double ofSlot : perSlot) {
        sum += ofSlot;
      }
      return MetricValue.scalar(sum);
    }
  }

  /** Sums in double precision, by slot and then by pairs of neighbours. */
  private static final class Sum implements MergeableReducer<Double> {
    private static final long serialVersionUID = 1L;

    @Override
    public Double empty() {
      return 0.0;
    }

    @Override
    public Double accumulate(Double soFar, BatchValues batch) {
      return soFar + batch.value().sum();
    }

    @Override
    public Double merge(Double a, Double b) {
      return a + b;
    }

    @Override
    public MetricValue result(Double merged) {
      return MetricValue.scalar(merged);
    }
  }

  /** Sums x in each of so many cells that the state does not fit into a report. */
  private static final class Large implements MetricReducer<double[]> {
    @Override
    public double[] empty() {
      return new double[200_000];
    }

    @Override
    public double[] accumulate(double[] soFar, BatchValues batch) {
      for (int i = 0; i < soFar.length; i++) {
        soFar[i] += batch.value().sum() + i;
      }
      return soFar;
    }

    @Override
    public MetricValue crossSlotReduce(List<double[]> perSlot) {
      double[] sums = new double[200_000];
      for (double[] state : perSlot) {
        add(sums, state);
      }
      return value(sums);
    }

    static double[] add(double[] sums, double[] state) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += state[i];
      }
      return sums;
    }

    static MetricValue value(double[] sums) {
      return MetricValue.array(sums[0], sums[199_999] - sums[0]);
    }
  }

  /** The same, merged by Spark. */
  private static final class LargeMergeable implements MergeableReducer<double[]> {
    private static final long serialVersionUID = 1L;

    @Override
    public double[] empty() {
      return new Large().empty();
    }

    @Override
    public double[] accumulate(double[] soFar, BatchValues batch) {
      return new Large().accumulate(soFar, batch);
    }

    @Override
    public double[] merge(double[] a, double[] b) {
      return Large.add(a, b);
    }

    @Override
    public MetricValue result(double[] merged) {
      return Large.value(merged);
    }
  }

  /** How many batches each rank had; where it is told, a rank waits for the end of the next. */
  private static final class BatchesByRank implements MetricReducer<Integer> {
    private final int rank;
    private final boolean reverse;

    BatchesByRank(int rank, boolean reverse) {
      this.rank = rank;
      this.reverse = reverse;
    }

    @Override
    public Integer empty() {
      return 0;
    }

    @Override
    public Integer accumulate(Integer soFar, BatchValues batch) {
      if (reverse) {
        SlotEnds.awaitNextRank(1, rank);
      }
      return soFar + 1;
    }

    @Override
    public MetricValue crossSlotReduce(List<Integer> perSlot) {
      return MetricValue.array(perSlot.stream().mapToDouble(Integer::doubleValue).toArray());
    }
  }
}
