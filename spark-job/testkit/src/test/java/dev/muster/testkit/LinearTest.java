package dev.muster.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.TrialException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reference's tests of custom reducers and of {@code fromConfig} (SPEC section 11). */
class LinearTest {
  private static TrialTesterBuilder linear() {
    return TrialTester.of(LinearTrial.class).hparam("global_batch_size", 4);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void reducersSumTheLabelsOfAllSlotsInEachValidation(int slots) {
    try (TrialTester tester = linear().slots(slots).open()) {
      for (int validation = 0; validation < 2; validation++) {
        tester.train(1);
        Validation metrics = tester.validate();
        for (String by : List.of("reducer", "function")) {
          assertThat(metrics.scalar("tensor_by_" + by)).isEqualTo(45);
          assertThat(metrics.scalar("list_by_" + by)).isEqualTo(90);
          assertThat(metrics.scalar("map_by_" + by)).isEqualTo(90);
        }
      }
    }
  }

  @Test
  void firstStepsAreThoseOfTheArithmetic() {
    try (TrialTester tester = linear().open()) {
      // x = 0 1 2 3: loss mean(x²) = 3.5, d/dw = mean(2x(wx - x)) = -7, w = 7e-4
      // x = 4 5 6 7: mean(x²) = 31.5, loss 31.5 (1 - w)², w += 1e-4 · 2 · 31.5 (1 - w)
      double w = 7e-4;
      double second = 31.5 * (1 - w) * (1 - w);
      assertThat(tester.train(2).losses())
          .satisfies(
              losses -> {
                assertThat(losses[0]).isEqualTo(3.5);
                assertThat(losses[1]).isCloseTo(second, within(1e-4));
              });
      assertThat((double) tester.variable("w")[0]).isCloseTo(w + 63e-4 * (1 - w), within(1e-8));
    }
  }

  @Test
  void trialOfAContextOutsideSparkIsTrainedByTheTester() {
    EstimatorTrialContext context =
        EstimatorTrialContext.fromConfig(Map.of("hyperparameters", Map.of("global_batch_size", 4)));
    LinearTrial trial = new LinearTrial(context);
    assertThat(trial.buildTrainSpec().dataset().isWrapped()).isTrue();
    assertThat(context.perSlotBatchSize()).isEqualTo(4);
    assertThat(context.distributed().isChief()).isTrue();

    try (TrialTester tester =
        TrialTester.of(trial.getClass()).config(context.experimentConfig()).open()) {
      tester.train(1);
      assertThat(tester.validate().scalar("tensor_by_function")).isEqualTo(45);
    }
  }

  @Test
  void contextOutsideSparkSaysAllProblemsOfItsConfiguration() {
    assertThatThrownBy(() -> EstimatorTrialContext.fromConfig(Map.of("hyperparametres", Map.of())))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("hyperparameters.global_batch_size: is a required hyperparameter")
        .hasMessageContaining("hyperparametres")
        .hasMessageContaining("did you mean");
  }

  @Test
  void metricOfAnotherKindOrNameIsAnError() {
    Validation validation =
        new Validation(
            3,
            Map.of(
                "one", dev.muster.trial.metric.MetricValue.scalar(1),
                "many", dev.muster.trial.metric.MetricValue.array(1, 2)));
    assertThat(validation.array("many")).isEqualTo(List.of(1.0, 2.0));
    assertThatThrownBy(() -> validation.scalar("many"))
        .hasMessageContaining("as one number: found Array");
    assertThatThrownBy(() -> validation.array("one"))
        .hasMessageContaining("as an array: found Scalar");
    assertThatThrownBy(() -> validation.scalar("two")).hasMessageContaining("there is none");
  }
}
