package dev.muster.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Columns of variable length and sparse ones through a whole trial; expected values by hand. */
class VariableTest {
  private static TrialTesterBuilder trial(int slots) {
    return TrialTester.of(VariableTrial.class).hparam("global_batch_size", 4).slots(slots);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void sparseFeaturesTrainAsTheirEntriesSay(int slots) {
    try (TrialTester tester = trial(slots).open()) {
      // At w = 0 each record is 1 off; d/dw0 = -2/4 (2 + 1 + 4) = -3.5, d/dw1 = -2/4 · 3 = -1.5
      assertThat(tester.train(1).losses()).containsExactly(1);
      assertThat((double) tester.variable("w")[0]).isCloseTo(0.35, within(1e-6));
      assertThat((double) tester.variable("w")[1]).isCloseTo(0.15, within(1e-6));
    }
  }

  @Test
  void tokensArePaddedToTheLongestOfTheirBatchAndTextsAreWhole() {
    try (TrialTester one = trial(1).open();
        TrialTester four = trial(4).open()) {
      // 1 -1 | 1 2 | -1 -1 | 3 -1 in one batch; alone each is as long as it is
      assertThat(one.validate().scalar("tokens")).isEqualTo(7 - 4);
      assertThat(four.validate().scalar("tokens")).isEqualTo(7);
      assertThat(one.validate().scalar("letters")).isEqualTo(1 + 100 + 0 + 7);
    }
  }

  @Test
  void derivedReceiverTakesTheThreeTensorsOfASparseFeature() {
    try (TrialTester tester = trial(1).open()) {
      tester.train(1);
      Map<String, dev.muster.trial.metric.HeapTensor> served =
          TrialTester.predict(
              tester.checkpoint(),
              "default",
              Map.of(
                  "hot/indices",
                  new long[][] {{0, 1}, {1, 0}},
                  "hot/values",
                  new float[] {1, 2},
                  "hot/shape",
                  new long[] {2, 2},
                  "tokens",
                  new long[][] {{1}, {2}},
                  "word",
                  new String[] {"", "a"}));
      assertThat(Objects.requireNonNull(served.get("y")).asDoubles())
          .containsExactly(new double[] {0.15, 0.7}, within(1e-6));
    }
  }
}
