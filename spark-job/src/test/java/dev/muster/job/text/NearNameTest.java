package dev.muster.job.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class NearNameTest {
  @Test
  void aSwapOfNeighboursIsOneEdit() {
    assertThat(NearName.hint("imgae", List.of("digit", "image")))
        .isEqualTo("; did you mean image?");
  }

  @Test
  void theNearestComeFirstAndAtMostThree() {
    assertThat(NearName.hint("layer_1", List.of("layer_22", "layer_2", "Layer-1", "layer_3", "x")))
        .isEqualTo("; did you mean Layer-1 or layer_2 or layer_3?");
  }

  @Test
  void whatIsNotNearIsNotOffered() {
    assertThat(NearName.hint("label", List.of("image", "digit"))).isEmpty();
    assertThat(NearName.hint("label", List.of())).isEmpty();
  }
}
