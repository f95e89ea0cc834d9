package dev.muster.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** N slots train what one slot trains with the same global batch. */
class EqualSlotsTest {
  /** 2 passes over 103 records and a part of a third: slots' shards and batches are uneven. */
  private static final int BATCHES = 25;

  private record Outcome(double[] losses, Validation validation, Map<String, float[]> variables) {}

  private static Outcome train(
      String model, String optimizer, int aggregation, boolean shuffle, int slots, int batch) {
    try (TrialTester tester =
        TrialTester.of(ClassifierTrial.class)
            .hparam("model", model)
            .hparam("optimizer", optimizer)
            .hparam("shuffle", shuffle)
            .hparam("global_batch_size", batch)
            .set("optimizations.aggregation_frequency", aggregation)
            .slots(slots)
            .open()) {
      assertThat(tester.effectiveBatchSize()).isEqualTo(batch / slots * slots);
      double[] losses = tester.train(BATCHES).losses();
      Map<String, float[]> variables = tester.variables();
      for (int rank = 1; rank < slots; rank++) {
        Map<String, float[]> others = tester.variables(rank);
        variables.forEach((name, value) -> assertThat(value).as(name).isEqualTo(others.get(name)));
      }
      return new Outcome(losses, tester.validate(), variables);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "plain, sgd, 1, false",
    "plain, adam, 1, false",
    "plain, sgd, 4, false",
    "plain, adam, 1, true",
    "embedding, adam, 1, false",
    "frozen norm, sgd, 1, false",
  })
  void severalSlotsEqualOneWithTheSameGlobalBatch(
      String model, String optimizer, int aggregation, boolean shuffle) {
    for (int slots = 2; slots <= 4; slots++) {
      Outcome several = train(model, optimizer, aggregation, shuffle, slots, 10);
      Outcome one = train(model, optimizer, aggregation, shuffle, 1, 10 / slots * slots);

      String what = slots + " slots";
      assertThat(several.losses()).as(what).containsExactly(one.losses(), within(1e-4));
      assertThat(several.validation().loss())
          .as(what)
          .isCloseTo(one.validation().loss(), within(1e-4));
      assertThat(several.validation().scalar("accuracy"))
          .as(what)
          .isCloseTo(one.validation().scalar("accuracy"), within(1e-6));
      assertThat(several.variables().keySet()).isEqualTo(one.variables().keySet());
      several
          .variables()
          .forEach(
              (name, value) ->
                  assertThat(value)
                      .as(what + ": " + name)
                      .containsExactly(one.variables().get(name), within(2e-4f)));
    }
  }
}
