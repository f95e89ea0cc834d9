package dev.muster.job.cli;

import static dev.muster.trial.Mode.EVAL;
import static dev.muster.trial.Mode.PREDICT;
import static dev.muster.trial.Mode.TRAIN;

import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.InvalidHyperparameterException;
import dev.muster.trial.ModelScope;
import dev.muster.trial.layer.Initializer;
import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.MetricReducer;
import dev.muster.trial.metric.MetricValue;
import dev.muster.trial.optimizer.Optimizer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Scope;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** A linear model with the one fault that is named. */
@NullUnmarked // a user's code need not be checked
final class FaultyModel {
  private final EstimatorTrialContext context;
  private final String fault;

  FaultyModel(EstimatorTrialContext context, String fault) {
    this.context = context;
    this.fault = fault;
  }

  private boolean has(String name) {
    return fault.equals(name);
  }

  EstimatorSpec build(ModelScope m) {
    if (has("nullSpec")) {
      return null;
    }
    if (has("invalidInModel")) {
      throw new InvalidHyperparameterException("no layer fits");
    }
    Operand<TFloat32> image = m.feature(has("undeclared") ? "picture" : "image", TFloat32.class);
    if (has("matMul")) {
      m.tf().linalg.matMul(image, m.tf().constant(new float[5][2]));
    }
    int units = m.mode() != TRAIN && has("shape" + m.mode()) ? 3 : 2;
    Operand<TFloat32> logits = m.layers().dense("logits", image, units);
    if (m.mode() == PREDICT) {
      Map<String, Operand<?>> outputs = new HashMap<>(Map.of("logits", logits));
      if (has("nullOutput")) {
        outputs.put("scores", null);
      }
      return EstimatorSpec.predict(outputs);
    }
    if (has("labelType")) {
      m.label("digit", TFloat32.class);
    }
    Operand<TInt64> digit = m.label("digit", TInt64.class);
    Operand<TFloat32> loss = loss(m, digit, logits);
    if (m.mode() == EVAL && !has("wrongSpec")) {
      return evaluation(m, digit, loss);
    }
    return EstimatorSpec.train(loss, trainOp(m, loss));
  }

  private Operand<TFloat32> loss(ModelScope m, Operand<TInt64> digit, Operand<TFloat32> logits) {
    Operand<TFloat32> loss = m.losses().sparseSoftmaxCrossEntropy(digit, logits);
    return switch (fault) {
      case "lossVector" -> m.tf().math.mul(loss, m.tf().constant(new float[] {1, 2}));
      case "stopGradient" -> m.tf().stopGradient(loss);
      case "noGradient" ->
          m.tf()
              .math
              .mean(
                  m.tf().nn.sparseSoftmaxCrossEntropyWithLogits(logits, digit).loss(),
                  m.tf().constant(0));
      case "loop" -> loop((Graph) m.tf().scope().env(), loss, m.tf().scope());
      case "outOfRange" -> m.tf().math.add(loss, nothing(m, digit));
      case "zeros" -> m.tf().math.add(loss, nothing(m, firstPixelIsOne(m)));
      case "slow" -> m.tf().math.add(loss, slowly(m, digit));
      case "nan" -> m.mode() == TRAIN ? m.tf().math.add(loss, m.tf().constant(Float.NaN)) : loss;
      default -> loss;
    };
  }

  /** Zero, looked up in a table that has a row for digit 0 alone. */
  private static Operand<TFloat32> nothing(ModelScope m, Operand<TInt64> digit) {
    return m.tf()
        .math
        .mean(
            m.tf().gather(m.tf().constant(new float[] {0}), digit, m.tf().constant(0)),
            m.tf().constant(0));
  }

  /** 0 for each record of {@link FaultyTrial}'s rows, -1 for one of zeros. */
  private static Operand<TInt64> firstPixelIsOne(ModelScope m) {
    Operand<TFloat32> image = m.feature("image", TFloat32.class);
    Operand<TFloat32> one =
        m.tf().gather(image, m.tf().constant(1), m.tf().constant(1)); // a column that is 1
    return m.tf().math.sub(m.tf().dtypes.cast(one, TInt64.class), m.tf().constant(1L));
  }

  /** A product of two matrices of 5000 rows: some seconds on one thread. */
  private static Operand<TFloat32> slowly(ModelScope m, Operand<TInt64> digit) {
    Operand<TFloat32> seed =
        m.tf().math.mean(m.tf().dtypes.cast(digit, TFloat32.class), m.tf().constant(0));
    Operand<TFloat32> matrix = m.tf().fill(m.tf().constant(new int[] {5000, 5000}), seed);
    return m.tf()
        .stopGradient(
            m.tf()
                .math
                .mean(m.tf().linalg.matMul(matrix, matrix), m.tf().constant(new int[] {0, 1})));
  }

  private static Operand<TFloat32> loop(Graph graph, Operand<TFloat32> value, Scope scope) {
    Operation enter =
        graph
            .opBuilder("Enter", "loop/Enter", scope)
            .addInput(value.asOutput())
            .setAttr("frame_name", "loop")
            .build();
    return graph
        .opBuilder("Exit", "loop/Exit", scope)
        .addInput(enter.output(0))
        .build()
        .<TFloat32>output(0);
  }

  private EstimatorSpec evaluation(ModelScope m, Operand<TInt64> digit, Operand<TFloat32> loss) {
    if (has("evalVariables")) {
      m.variable("only/here", Shape.of(2), Initializer.zeros());
    }
    return EstimatorSpec.eval(loss).metric("counts", context.makeMetric(digit, new Counts(fault)));
  }

  private Op trainOp(ModelScope m, Operand<TFloat32> loss) {
    Optimizer sgd = m.optimizers().sgd(0.1f);
    switch (fault) {
      case "unwrappedOptimizer" -> {
        return sgd.minimize(loss);
      }
      case "foreignOptimizer" -> context.wrapOptimizer("adam");
      case "nullOptimizer" -> context.wrapOptimizer(null);
      case "twoOptimizers" -> context.wrapOptimizer(m.optimizers().sgd(0.2f));
      case "globalStep" -> m.tf().assignAdd(m.globalStep(), m.tf().constant(1L));
      case "unrepeatableRandom" ->
          m.tf()
              .random
              .uniformCandidateSampler(m.tf().constant(new long[][] {{0}}), 1L, 1L, false, 10L);
      default -> {}
    }
    return context.wrapOptimizer(sgd).minimize(loss);
  }

  /** Counts the labels, or fails in one of its methods. */
  private static final class Counts implements MetricReducer<long[]> {
    private final String fault;

    Counts(String fault) {
      this.fault = fault;
    }

    @Override
    public long[] empty() {
      return new long[2];
    }

    @Override
    public long[] accumulate(long[] soFar, BatchValues batch) {
      if (fault.equals("accumulateThrows")) {
        throw new IllegalStateException("no bin for it");
      }
      for (long digit : batch.value().longs()) {
        soFar[(int) digit]++;
      }
      return soFar;
    }

    @Override
    public MetricValue crossSlotReduce(List<long[]> perSlot) {
      if (fault.equals("reduceThrows")) {
        throw new IllegalStateException("nothing to divide by");
      }
      return fault.equals("reduceNull")
          ? null
          : MetricValue.array(sum(perSlot, 0), sum(perSlot, 1));
    }

    private static double sum(List<long[]> perSlot, int index) {
      return perSlot.stream().mapToLong(slot -> slot[index]).sum();
    }
  }
}
