package dev.muster.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class LengthTest {
  @Test
  void batchesAreThemselves() {
    assertThat(new Length.Batches(7).asBatches(32, 1000)).isEqualTo(7);
  }

  @Test
  void recordsAreRoundedDownToWholeBatchesAndAreAtLeastOne() {
    assertThat(new Length.Records(100).asBatches(32, 1000)).isEqualTo(3);
    assertThat(new Length.Records(96).asBatches(32, 1000)).isEqualTo(3);
    assertThat(new Length.Records(5).asBatches(32, 1000)).isEqualTo(1);
  }

  @Test
  void epochsAreRoundedDownOverAllOfThemAndAreAtLeastOne() {
    assertThat(new Length.Epochs(3).asBatches(32, 100)).isEqualTo(9);
    assertThat(new Length.Epochs(1).asBatches(32, 10)).isEqualTo(1);
  }

  @Test
  void countsBelowOneAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Length.Batches(0))
        .withMessage("Cannot measure a length: expected batches >= 1, found 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Length.Epochs(1).asBatches(8, 0))
        .withMessage("Cannot measure a length: expected records per epoch >= 1, found 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Length.Records(1).asBatches(0, 8))
        .withMessage("Cannot measure a length: expected records per batch >= 1, found 0");
  }

  @Test
  void epochsThatOverflowAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Length.Epochs(Long.MAX_VALUE).asBatches(8, 2))
        .withMessageStartingWith("Cannot count the batches of 9223372036854775807 epochs");
  }
}
