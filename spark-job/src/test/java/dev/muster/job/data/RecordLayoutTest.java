package dev.muster.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Column;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
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
  void textTakesItsLengthAndItsMaximum() {
    RecordLayout layout =
        RecordLayout.of(
            List.of(
                column("word", TString.class),
                new Column("tags", Column.Role.FEATURE, TString.class, Shape.of(3), 10),
                column("digit", TInt64.class)));

    assertThat(layout.fields())
        .extracting(RecordLayout.Field::offset)
        .containsExactly(0, 68, 68 + 3 * 14);
    assertThat(layout.stride()).isEqualTo(68 + 42 + 8);
  }

  @Test
  void fingerprintTellsMaximaOfTextsApart() {
    Column ten = new Column("word", Column.Role.FEATURE, TString.class, Shape.scalar(), 10);
    assertThat(RecordLayout.of(List.of(ten)).fingerprint())
        .isNotEqualTo(RecordLayout.of(List.of(column("word", TString.class))).fingerprint());
  }

  @Test
  void unknownTypesAreRefusedByName() {
    assertThatThrownBy(() -> RecordLayout.of(List.of(column("half", TFloat16.class))))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot read column 'half': type TFloat16 is not supported yet; use TFloat32, TFloat64,"
                + " TInt32, TInt64, TUint8, TBool or TString");
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
