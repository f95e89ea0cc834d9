package dev.muster.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.data.Dataset;
import dev.muster.trial.hook.RunHook;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

class SpecsTest {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);

  @AfterEach
  void closeGraph() {
    graph.close();
  }

  @Test
  void lossMustBeAScalar() {
    Operand<TFloat32> vector = tf.constant(new float[] {1, 2});
    assertThatThrownBy(() -> EstimatorSpec.train(vector, tf.noOp()))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot use the loss of the TRAIN specification: expected a scalar, found shape [2];"
                + " return the mean over the batch from the model function");
    assertThatThrownBy(() -> EstimatorSpec.eval(vector)).hasMessageContaining("EVAL");
    assertThat(EstimatorSpec.train(tf.constant(1f), tf.noOp()).mode()).isEqualTo(Mode.TRAIN);
  }

  @Test
  void metricsKeepTheirOrderAndTheirNamesAreUnique() {
    EstimatorSpec.Eval bare = EstimatorSpec.eval(tf.constant(1f));
    EstimatorSpec.Eval spec = bare.metric("b", tf.constant(1f)).metric("a", tf.constant(2f));
    assertThat(spec.metrics().keySet()).containsExactly("b", "a");
    assertThat(bare.metrics()).describedAs("specifications are immutable").isEmpty();
    assertThatThrownBy(() -> spec.metric("a", tf.constant(1f)))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot add metric 'a': there is one of this name already");
    assertThatThrownBy(() -> spec.metric("loss", tf.constant(1f))).hasMessageContaining("'loss'");
  }

  @Test
  void predictionHasAnOutput() {
    assertThatThrownBy(() -> EstimatorSpec.predict(Map.of()))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("it has no outputs");
    Operand<TFloat32> scores = tf.constant(1f);
    EstimatorSpec.Predict spec = EstimatorSpec.predict(Map.of("scores", scores));
    assertThat(spec.outputs()).isEqualTo(Map.of("scores", scores));
    assertThat(spec.mode()).isEqualTo(Mode.PREDICT);
  }

  @Test
  void servingInputReceiverIsImmutableAndItsNamesAreUnique() {
    ServingInputReceiver one =
        ServingInputReceiver.tensors("image", TFloat32.class, Shape.of(-1, 4));
    ServingInputReceiver two = one.and("id", TInt64.class, Shape.of(-1));
    assertThat(one.inputs().keySet()).containsExactly("image");
    assertThat(two.inputs()).containsOnlyKeys("image", "id");
    assertThat(two.inputs().get("id"))
        .satisfies(id -> assertThat(id.type()).isEqualTo(TInt64.class))
        .satisfies(id -> assertThat(id.shape().asArray()).containsExactly(-1));
    assertThatThrownBy(() -> two.and("id", TInt64.class, Shape.of(-1)))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot receive input 'id': it is named twice");
  }

  @Test
  void hooksKeepTheirOrderAndTrainSpecsAreImmutable() {
    RunHook first = new RunHook() {};
    RunHook second = new RunHook() {};
    TrainSpec bare = TrainSpec.of(Dataset.csv("a.csv"));
    assertThat(bare.hooks(first).hooks(second).hooks()).containsExactly(first, second);
    assertThat(bare.hooks()).isEmpty();
  }

  @Test
  void hooksOfTheSpecificationsKeepTheirOrder() {
    RunHook first = new RunHook() {};
    RunHook second = new RunHook() {};
    EstimatorSpec.Train train = EstimatorSpec.train(tf.constant(1f), tf.noOp());
    assertThat(train.hooks(first).hooks(second).hooks()).containsExactly(first, second);
    assertThat(train.hooks()).isEmpty();
    EstimatorSpec.Eval eval = EstimatorSpec.eval(tf.constant(1f)).hooks(first);
    assertThat(eval.metric("a", tf.constant(1f)).hooks(second).hooks())
        .containsExactly(first, second);
    EvalSpec spec = EvalSpec.of(Dataset.csv("a.csv"));
    assertThat(spec.hooks(first).steps(3).hooks(second).hooks()).containsExactly(first, second);
    assertThat(spec.hooks()).isEmpty();
  }

  @Test
  void validationStepsAreAtLeastOneAndAllByDefault() {
    EvalSpec spec = EvalSpec.of(Dataset.csv("a.csv"));
    assertThat(spec.steps()).isEmpty();
    assertThat(spec.steps(3).steps()).hasValue(3);
    assertThatThrownBy(() -> spec.steps(0))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot validate on 0 batches: expected at least 1; leave steps(…) out to read all"
                + " validation data");
  }

  @Test
  void maxStepsIsKeptForTheWarning() {
    assertThat(TrainSpec.of(Dataset.csv("a.csv")).maxSteps(7).maxSteps()).hasValue(7);
  }

  @Test
  void runConfigHasDefaultsAndRefusesNegativePeriods() {
    RunConfig config = RunConfig.defaults().saveSummarySteps(0).logStepCountSteps(7);
    assertThat(config.saveSummarySteps()).isZero();
    assertThat(config.logStepCountSteps()).isEqualTo(7);
    assertThat(RunConfig.defaults().logStepCountSteps()).isEqualTo(100);
    assertThat(config.isPlacementSoft()).isTrue();
    assertThat(config.strictPlacement().isPlacementSoft()).isFalse();
    assertThat(config.logPlacement().isPlacementLogged()).isTrue();
    assertThatThrownBy(() -> config.saveSummarySteps(-1))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot use saveSummarySteps -1: expected a number of batches, or 0 for never");
    assertThat(Estimator.of(m -> EstimatorSpec.eval(tf.constant(1f)), config).config())
        .isSameAs(config);
  }

  @Test
  void oneSlotIsItsOwnChiefAndAnswersItself() {
    Distributed single = Distributed.single();
    assertThat(single.isChief()).isTrue();
    assertThat(single.size() + single.localSize() + single.crossSize()).isEqualTo(3);
    assertThat(single.gather("a")).containsExactly("a");
    assertThat(single.allGather("b")).containsExactly("b");
    assertThat(single.broadcast("c")).isEqualTo("c");
    assertThatThrownBy(() -> single.broadcast(null)).isInstanceOf(TrialException.class);
  }
}
