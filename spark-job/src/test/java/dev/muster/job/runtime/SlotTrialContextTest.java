package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SlotTrialContextTest {
  private final SlotTrialContext context =
      new SlotTrialContext(
          new TrialDefinition(
              "experiment",
              1,
              7,
              "Trial",
              Map.of(
                  "hyperparameters",
                  Map.of("learning_rate", 0.1, "adam", Map.of("beta_1", 0.9)),
                  "data",
                  Map.of()),
              1),
          0,
          0);

  @Test
  void nestedHyperparametersAreReadByTheirPath() {
    assertThat(context.hparam("adam.beta_1").asFloat()).isEqualTo(0.9f);
  }

  @Test
  void anUnknownNameListsTheNamesAndTheNearOnes() {
    assertThatThrownBy(() -> context.hparam("learning-rat"))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot read hyperparameters.learning-rat: the experiment's configuration has"
                + " [adam, learning_rate] there; did you mean learning_rate?");
    assertThatThrownBy(() -> context.hparam("adam.beta1"))
        .hasMessageEndingWith("there; did you mean adam.beta_1?");
  }

  @Test
  void anUnknownNameThatIsNearNoneSaysWhatToDo() {
    assertThatThrownBy(() -> context.data("images"))
        .hasMessage(
            "Cannot read data.images: the experiment's configuration has [] there; add it, or"
                + " correct the name");
  }
}
