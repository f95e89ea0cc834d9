package dev.muster.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

class RecordLayoutTest {
  private static Column column(String name, Class<? extends TType> type, long... shape) {
    return new Column(name, Column.Role.FEATURE, type, Shape.of(shape));
  }

  @Test
  void columnsFollowEachOtherWithoutPadding() {
    RecordLayout layout =
        RecordLayout.of(
            List.of(
                column("pixels", TUint8.class, 28, 28),
                column("weights", TFloat32.class, 3),
                column("flag", TBool.class),
                column("digit", TInt64.class)));

    assertThat(layout.fields())
        .extracting(RecordLayout.Field::offset)
        .containsExactly(0, 784, 796, 797);
    assertThat(layout.fields())
        .extracting(RecordLayout.Field::bytes)
        .containsExactly(784, 12, 1, 8);
    assertThat(layout.stride()).isEqualTo(805);
  }

  @Test
  void fingerprintTellsNamesTypesAndShapesApart() {
    String fingerprint = RecordLayout.of(List.of(column("x", TFloat32.class, 4))).fingerprint();

    assertThat(fingerprint).hasSize(32);
    assertThat(RecordLayout.of(List.of(column("x", TFloat32.class, 4))).fingerprint())
        .isEqualTo(fingerprint);
    assertThat(
            List.of(
                RecordLayout.of(List.of(column("y", TFloat32.class, 4))).fingerprint(),
                RecordLayout.of(List.of(column("x", TInt64.class, 2))).fingerprint(),
                RecordLayout.of(List.of(column("x", TFloat32.class, 2, 2))).fingerprint()))
        .doesNotContain(fingerprint)
        .doesNotHaveDuplicates();
  }

  @Test
  void whatVariesHasItsDimensionsInTheStride() {
    RecordLayout layout =
        RecordLayout.of(
            List.of(
                column("word", TString.class),
                column("digit", TInt64.class),
                column("path", TFloat32.class, -1, 2, -1),
                new Column(
                    "hot", Column.Role.FEATURE, TFloat32.class, Shape.of(-1), true, null, null),
                column("flag", TUint8.class)));

    assertThat(layout.isFixed()).isFalse();
    assertThat(layout.fields())
        .extracting(RecordLayout.Field::offset)
        .containsExactly(0, 0, 8, 16, 24);
    assertThat(layout.stride()).isEqualTo(25);
    assertThat(layout.standIn()).hasSize(4 + 25 + 4 + 2 * 4);
    assertThat(layout.frame().recordBytes(layout.standIn(), 0)).isEqualTo(4 + 25 + 4 + 2 * 4);
  }

  @Test
  void fingerprintTellsKindsAndDefaultsApart() {
    List<Column> columns =
        List.of(
            column("x", TFloat32.class, -1),
            column("x", TFloat32.class, -1, -1),
            new Column("x", Column.Role.FEATURE, TFloat32.class, Shape.of(-1), true, null, null),
            new Column("x", Column.Role.FEATURE, TFloat32.class, Shape.of(-1), false, null, 1));
    assertThat(columns.stream().map(column -> RecordLayout.of(List.of(column)).fingerprint()))
        .doesNotHaveDuplicates();
    Column padded =
        new Column("x", Column.Role.FEATURE, TFloat32.class, Shape.of(-1), false, 1, null);
    assertThat(RecordLayout.of(List.of(padded)).fingerprint())
        .as("padding is not in the records")
        .isEqualTo(RecordLayout.of(List.of(columns.get(0))).fingerprint());
  }

  @Test
  void lengthsThatDoNotFitAreRefused() {
    RecordFrame frame = new RecordFrame(8, false);
    byte[] record = new byte[12];
    for (int length : List.of(-1, 7, 9, Integer.MAX_VALUE)) {
      java.nio.ByteBuffer.wrap(record).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(0, length);
      assertThatThrownBy(() -> frame.recordBytes(record, 0))
          .hasMessage("Cannot read a record: expected 8 to 8 bytes, its length is " + length);
    }
    assertThatThrownBy(() -> frame.recordBytes(record, 10)).hasMessageContaining("is cut off");
  }

  @Test
  void recordsWithoutColumnsOrElementsOrTooLongOnesAreRefused() {
    assertThatThrownBy(() -> RecordLayout.of(List.of()))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("without columns");
    assertThatThrownBy(() -> RecordLayout.of(List.of(column("none", TFloat32.class, 0))))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("no elements");
    assertThatThrownBy(() -> RecordLayout.of(List.of(column("huge", TFloat32.class, 1 << 30))))
        .isInstanceOf(TrialException.class)
        .hasMessageContaining("4294967296");
  }
}
