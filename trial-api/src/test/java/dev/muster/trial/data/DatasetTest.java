package dev.muster.trial.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

class DatasetTest {
  private final Dataset bare = Dataset.of("digits", spark -> spark.emptyDataFrame());

  @Test
  void eachCallMakesAnotherDataset() {
    Dataset all =
        bare.feature("image", TFloat32.class, Shape.of(2, 3))
            .label("digit", TInt64.class)
            .wrapped()
            .shuffle(7)
            .batch(5);
    assertThat(all.columns())
        .containsExactly(
            new Column("image", Column.Role.FEATURE, TFloat32.class, Shape.of(2, 3)),
            new Column("digit", Column.Role.LABEL, TInt64.class, Shape.scalar()));
    assertThat(all.isWrapped()).isTrue();
    assertThat(all.isShuffled()).isTrue();
    assertThat(all.shuffleSeed()).isEqualTo(OptionalLong.of(7));
    assertThat(all.isBatched()).isTrue();
    assertThat(all.batchSize()).isEqualTo(OptionalInt.of(5));
    assertThat(all.isRepeatedBeforeBatch()).isFalse();

    assertThat(bare.columns()).isEmpty();
    assertThat(bare.isWrapped() || bare.isShuffled() || bare.isBatched()).isFalse();
    assertThat(bare.batch().batchSize()).isEmpty();
    assertThat(bare.shuffle().shuffleSeed()).isEmpty();
  }

  @Test
  void wrappingKeepsWhatWasSetBeforeIt() {
    Dataset wrapped = bare.shuffle(3).batch(4).wrapped();
    assertThat(wrapped.shuffleSeed()).isEqualTo(OptionalLong.of(3));
    assertThat(wrapped.batchSize()).isEqualTo(OptionalInt.of(4));
    assertThat(wrapped.description()).isEqualTo("digits");
  }

  @Test
  void batchesRunOnIntoTheNextPassOnlyWhenRepeatedBefore() {
    assertThat(bare.repeat().batch().isRepeatedBeforeBatch()).isTrue();
    assertThat(bare.batch().repeat().isRepeatedBeforeBatch()).isFalse();
  }

  @Test
  void columnBecomesABatchWithOneMoreDimension() {
    Column image = new Column("image", Column.Role.FEATURE, TFloat32.class, Shape.of(2, 3));
    assertThat(image.elements()).isEqualTo(6);
    assertThat(image.batchShape().asArray()).containsExactly(-1, 2, 3);
  }

  @Test
  void mistakesSayWhatToChange() {
    assertThatThrownBy(() -> bare.feature("x", TFloat32.class).label("x", TInt64.class))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot read column 'x' twice in one data set");
    assertThatThrownBy(() -> bare.batch().shuffle())
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot shuffle batches: call shuffle() before batch()");
    assertThatThrownBy(() -> bare.batch().batch())
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot batch twice: batch() was called already");
    assertThatThrownBy(() -> bare.batch(0))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot make batches of 0 records");
    assertThatThrownBy(() -> bare.feature("x", TFloat32.class, Shape.of(-1, 4)))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("expected a fully known shape without the batch dimension")
        .hasMessageContaining("[-1, 4]");
  }
}
