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
import dev.muster.trial.data.Sharding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;

/**
 * y = x for x from 0 to 9; every slot reads all records. The chief alone writes for TensorBoard.
 */
public final class WholeDataTrial extends EstimatorTrial {
  public WholeDataTrial(EstimatorTrialContext context) {
    super(context);
  }

  @Override
  public Estimator buildEstimator() {
    return Estimator.of(this::model);
  }

  private EstimatorSpec model(ModelScope m) {
    Operand<TFloat32> y = m.layers().dense("line", m.feature("x", TFloat32.class), 1);
    if (m.mode() == Mode.PREDICT) {
      return EstimatorSpec.predict(Map.of("y", y));
    }
    Operand<TFloat32> label = m.label("y", TFloat32.class);
    Operand<TFloat32> loss = m.losses().meanSquaredError(label, y);
    if (m.mode() == Mode.EVAL) {
      return EstimatorSpec.eval(loss).metric("label_sum", m.metrics().sum(label));
    }
    Operand<TFloat32> rank = m.tf().constant((float) context().distributed().rank());
    m.summary("rank", rank);
    if (context().distributed().isChief()) {
      writeForTensorBoard();
    }
    return EstimatorSpec.train(
        loss, context().wrapOptimizer(m.optimizers().sgd(0.001f)).minimize(loss));
  }

  private void writeForTensorBoard() {
    try {
      Path directory = Files.createDirectories(context().tensorBoardPath());
      Files.writeString(directory.resolve("note.txt"), "of the chief");
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public TrainSpec buildTrainSpec() {
    return TrainSpec.of(whole().batch());
  }

  @Override
  public EvalSpec buildValidationSpec() {
    return EvalSpec.of(whole().batch());
  }

  private Dataset whole() {
    Dataset numbers =
        Dataset.rows(
                IntStream.range(0, 10)
                    .mapToObj(i -> Map.of("x", new float[] {i}, "y", new float[] {i}))
                    .toList())
            .feature("x", TFloat32.class, Shape.of(1))
            .label("y", TFloat32.class, Shape.of(1));
    return context().wrapDataset(numbers, Sharding.NONE);
  }
}
