package dev.muster.trial.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.Mode;
import dev.muster.trial.TrialException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;

/** Means, deviations and bounds of 6,400 values, whose fans are 80 and 80. */
class InitializersTest {
  private static final Shape SHAPE = Shape.of(80, 80);

  private final Model model = new Model(Mode.TRAIN);

  @AfterEach
  void closeModel() {
    model.close();
  }

  private float[] draw(String name, Shape shape, Initializer initializer) {
    return model.run(model.variables.trainable(name, shape, initializer));
  }

  /** Within five standard errors of the mean, and 5 % of the deviation; none beyond the bound. */
  private static void assertDistributed(
      float[] values, double mean, double deviation, double bound) {
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      sum += value - mean;
      squares += (value - mean) * (value - mean);
      assertThat(Math.abs(value - mean)).isLessThanOrEqualTo(bound * 1.00001);
    }
    assertThat(sum / values.length).isCloseTo(0, within(5 * deviation / Math.sqrt(values.length)));
    assertThat(Math.sqrt(squares / values.length)).isCloseTo(deviation, within(0.05 * deviation));
  }

  private void assertUniform(String name, Initializer initializer, double limit) {
    assertDistributed(draw(name, SHAPE, initializer), 0, limit / Math.sqrt(3), limit);
  }

  /** Truncated at two deviations of the normal before the truncation. */
  private void assertTruncated(String name, Initializer initializer, double variance) {
    double deviation = Math.sqrt(variance);
    assertDistributed(draw(name, SHAPE, initializer), 0, deviation, 2 * deviation / 0.8796);
  }

  @Test
  void uniformByFans() {
    assertUniform("glorot", Initializer.glorotUniform(), Math.sqrt(6 / 160.0));
    assertUniform("he", Initializer.heUniform(), Math.sqrt(6 / 80.0));
    assertUniform("lecun", Initializer.lecunUniform(), Math.sqrt(3 / 80.0));
  }

  @Test
  void normalByFans() {
    assertTruncated("glorot", Initializer.glorotNormal(), 2 / 160.0);
    assertTruncated("he", Initializer.heNormal(), 2 / 80.0);
    assertTruncated("lecun", Initializer.lecunNormal(), 1 / 80.0);
  }

  @Test
  void fansOfAConvolutionCountItsWindow() {
    // [4, 5, 8, 40]: fan in 160, fan out 800
    float[] kernel = draw("conv", Shape.of(4, 5, 8, 40), Initializer.glorotUniform());
    double limit = Math.sqrt(6 / 960.0);
    assertDistributed(kernel, 0, limit / Math.sqrt(3), limit);
  }

  @Test
  void givenParameters() {
    assertDistributed(
        draw("uniform", SHAPE, Initializer.randomUniform(2, 6)), 4, 2 / Math.sqrt(3), 2);
    assertDistributed(draw("normal", SHAPE, Initializer.randomNormal(3, 0.5f)), 3, 0.5, 4);
    assertDistributed(
        draw("truncated", SHAPE, Initializer.truncatedNormal(-1, 2)), -1, 2 * 0.8796, 4);
    assertThat(draw("ones", Shape.of(3), Initializer.ones())).containsExactly(1, 1, 1);
    assertThat(draw("values", Shape.of(2, 1), Initializer.values(4, 5))).containsExactly(4, 5);
  }

  @Test
  void variablesOfOneShapeDiffer() {
    assertThat(draw("a", SHAPE, Initializer.heNormal()))
        .isNotEqualTo(draw("b", SHAPE, Initializer.heNormal()));
  }

  @Test
  void wrongUseIsRefused() {
    assertThatThrownBy(() -> Initializer.randomNormal(0, 0))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot draw with standard deviation 0.0: expected a finite number above 0");
    assertThatThrownBy(() -> Initializer.randomUniform(1, 1))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot draw uniformly from 1.0 to 1.0: expected low below high");
    assertThatThrownBy(() -> draw("c", Shape.of(3), Initializer.values(1, 2)))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot initialize a variable of shape [3]: expected 3 values, found 2");
    assertThatThrownBy(() -> Regularizer.l2(-1))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot regularize by factor -1.0: expected a finite number, at least 0");
  }
}
