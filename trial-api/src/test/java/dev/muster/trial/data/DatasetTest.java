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
  void skipAndTakeApplyInTheOrderOfTheirCalls() {
    assertThat(bare.skip(10).take(5).pipeline().ofSource()).isEqualTo(new Selection(10, 5));
    assertThat(bare.take(5).skip(2).pipeline().ofSource()).isEqualTo(new Selection(2, 3));
    assertThat(bare.take(9).skip(1).take(20).skip(2).pipeline().ofSource())
        .isEqualTo(new Selection(3, 6));
    assertThat(bare.skip(3).skip(4).pipeline().ofSource())
        .isEqualTo(new Selection(7, Long.MAX_VALUE));
    assertThat(bare.skip(0).pipeline().ofSource().isAll()).isTrue();

    Pipeline both = bare.take(50).shuffle().skip(10).take(20).pipeline();
    assertThat(both.ofSource()).isEqualTo(new Selection(0, 50)).hasToString("take(50)");
    assertThat(both.ofPass()).isEqualTo(new Selection(10, 20)).hasToString("skip(10).take(20)");
  }

  @Test
  void selectionCountsWhatThereIs() {
    Selection selection = new Selection(3, 4);
    assertThat(selection.count(100)).isEqualTo(4);
    assertThat(selection.end(100)).isEqualTo(7);
    assertThat(selection.count(5)).isEqualTo(2);
    assertThat(selection.end(5)).isEqualTo(5);
    assertThat(selection.count(2)).isZero();
    assertThat(new Selection(3, Long.MAX_VALUE).count(Long.MAX_VALUE))
        .isEqualTo(Long.MAX_VALUE - 3);
  }

  @Test
  void mistakenSelectionsSayWhatToChange() {
    assertThatThrownBy(() -> bare.batch().take(5))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot take batches: call take() before batch(), it counts records");
    assertThatThrownBy(() -> bare.batch().skip(5))
        .hasMessage("Cannot skip batches: call skip() before batch(), it counts records");
    assertThatThrownBy(() -> bare.repeat().take(5))
        .hasMessageContaining("call take() before repeat(), it counts the records of one pass");
    assertThatThrownBy(() -> bare.take(0))
        .hasMessage("Cannot take 0 records: expected a number of at least 1");
    assertThatThrownBy(() -> bare.skip(-1))
        .hasMessage("Cannot skip -1 records: expected a number of at least 0");
    assertThatThrownBy(() -> bare.take(5).skip(5))
        .hasMessage(
            "Cannot skip 5 records of a data set of which take() has left 5: no record is left");
    assertThatThrownBy(() -> bare.shuffle().take(5).shuffle())
        .hasMessageContaining("Cannot shuffle what take(5) has left of a shuffled pass");
  }

  @Test
  void remainderIsDroppedOfBatchesThatEndWithTheirPass() {
    assertThat(bare.batch().dropRemainder().pipeline().isRemainderDropped()).isTrue();
    assertThat(bare.batch().repeat().dropRemainder().pipeline().isRemainderDropped()).isTrue();
    assertThat(bare.batch().pipeline().isRemainderDropped()).isFalse();
    assertThatThrownBy(bare::dropRemainder)
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("call dropRemainder() after batch()");
    assertThatThrownBy(() -> bare.repeat().batch().dropRemainder())
        .hasMessageContaining("batches run on into the next pass");
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
