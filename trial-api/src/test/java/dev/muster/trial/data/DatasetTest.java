package dev.muster.trial.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;

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
  void windowBelongsToTheLastShuffle() {
    assertThat(bare.shuffleWindow(500).pipeline().shuffleWindow()).isEqualTo(OptionalInt.of(500));
    assertThat(bare.shuffleWindow(500).isShuffled()).isTrue();
    assertThat(bare.shuffleWindow(500, 3).shuffleSeed()).isEqualTo(OptionalLong.of(3));
    assertThat(bare.shuffleWindow(500).shuffle().pipeline().shuffleWindow()).isEmpty();
    assertThatThrownBy(() -> bare.shuffleWindow(0))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("within windows of 0 records");
    assertThatThrownBy(() -> bare.batch().shuffleWindow(5))
        .hasMessage("Cannot shuffle batches: call shuffle() before batch()");
  }

  @Test
  void repeatedSoOften() {
    assertThat(bare.pipeline().passes()).isEqualTo(OptionalLong.of(1));
    assertThat(bare.repeat(2).repeat(3).pipeline().passes()).isEqualTo(OptionalLong.of(6));
    assertThat(bare.repeat(2).repeat().pipeline().passes()).isEmpty();
    assertThat(bare.repeat().repeat(2).pipeline().passes()).isEmpty();
    assertThat(bare.repeat(2).batch().isRepeatedBeforeBatch()).isTrue();
    assertThat(bare.batch().repeat(2).isRepeatedBeforeBatch()).isFalse();
    assertThatThrownBy(() -> bare.repeat(0))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("Cannot repeat a data set 0 times");
    assertThatThrownBy(() -> bare.repeat(2).skip(1)).hasMessageContaining("before repeat()");
  }

  @Test
  void mapsAreKeptInTheOrderOfTheirCalls() {
    GraphMap first = (tf, columns) -> columns;
    GraphMap second = (tf, columns) -> Map.of();
    BatchMap inJava = (batch, random) -> {};
    Dataset mapped = bare.map(first).mapBatch(inJava).batch().map(second);
    assertThat(mapped.pipeline().maps()).containsExactly(first, second);
    assertThat(mapped.pipeline().batchMaps()).containsExactly(inJava);
    assertThat(bare.pipeline().maps()).isEmpty();
  }

  private static Dataset rows(String column, float... values) {
    List<Map<String, Float>> rows = new ArrayList<>();
    for (float value : values) {
      rows.add(Map.of(column, value, "unused", value));
    }
    return Dataset.rows(rows);
  }

  @Test
  void rowsInMemoryAreZippedByTheirNumbersUpToTheShorter() {
    Dataset zipped =
        rows("x", 1, 2, 3)
            .feature("x", TFloat32.class)
            .zip(rows("y", 4, 5).label("y", TFloat32.class));

    assertThat(zipped.columns()).extracting(Column::name).containsExactly("x", "y");
    assertThat(zipped.description()).isEqualTo("rows in memory and rows in memory");
    assertThat(((MemorySource) zipped.source()).rows())
        .isEqualTo(List.of(Map.of("x", 1f, "y", 4f), Map.of("x", 2f, "y", 5f)));
  }

  @Test
  void dataSetsThatCannotBeZippedSayWhy() {
    Dataset x = rows("x", 1).feature("x", TFloat32.class);
    Dataset y = rows("y", 1).label("y", TFloat32.class);
    assertThatThrownBy(() -> x.zip(rows("x", 2).label("x", TFloat32.class)))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("both have a column 'x'; rename it in one of the sources");
    assertThatThrownBy(() -> x.zip(rows("y", 1)))
        .hasMessageContaining("it declares no columns; call feature() and label() on it");
    assertThatThrownBy(() -> x.zip(y.wrapped())).hasMessageContaining("it is wrapped");
    for (Dataset changed :
        List.of(y.shuffle(), y.batch(), y.take(1), y.skip(1), y.repeat(), y.map((tf, c) -> c))) {
      assertThatThrownBy(() -> x.zip(changed))
          .isInstanceOf(TrialException.class)
          .hasMessageContaining("a call of its pipeline came before");
      assertThatThrownBy(() -> changed.zip(x)).isInstanceOf(TrialException.class);
    }
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
    assertThatThrownBy(() -> bare.feature("x", TFloat32.class, Shape.unknown()))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("expected a shape with a known number of dimensions");
    assertThatThrownBy(() -> bare.feature("x", TFloat16.class))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot read column 'x': type TFloat16 is not supported; use one");
    assertThatThrownBy(() -> bare.sparseFeature("x", TFloat32.class, Shape.of(2, 3)))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot read column 'x' as sparse: expected a shape of one dimension, found [2, 3]");
  }

  @Test
  void paddingAndDefaultsFitTheirColumn() {
    Dataset x =
        Dataset.of("rows", spark -> spark.emptyDataFrame())
            .feature("x", TInt64.class, Shape.of(-1))
            .padding("x", -1)
            .defaultValue("x", 7)
            .feature("y", TUint8.class);

    assertThat(x.columns().get(0).padding()).isEqualTo(-1);
    assertThat(x.columns().get(0).defaultValue()).isEqualTo(7);
    assertThat(x.columns().get(0).isFixed()).isFalse();
    assertThatThrownBy(() -> x.padding("z", 0))
        .hasMessage("Cannot find column 'z': the data set declares [x, y]");
    assertThatThrownBy(() -> x.padding("y", 0))
        .hasMessage("Cannot pad column 'y': nothing is padded in a column of the fixed shape []");
    assertThatThrownBy(() -> x.padding("x", 0.5))
        .hasMessage("Cannot use 0.5 as the padding of column 'x': expected a value of TInt64");
    assertThatThrownBy(() -> x.defaultValue("y", 256))
        .hasMessage("Cannot use 256 as the default of column 'y': expected a value of TUint8");
  }
}
