package dev.muster.trial.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemorySourceTest {
  private static Object only(Object value) {
    return java.util.Objects.requireNonNull(
        MemorySource.of(List.of(Map.of("x", value))).rows().get(0).get("x"));
  }

  @Test
  void valuesBecomePlainOnes() {
    assertThat(only((byte) 3)).isEqualTo(3L);
    assertThat(only((short) 3)).isEqualTo(3L);
    assertThat(only(3)).isEqualTo(3L);
    assertThat(only(0.5f)).isEqualTo(0.5f);
    assertThat(only("text")).isEqualTo("text");
    assertThat(only(true)).isEqualTo(true);
    assertThat(only(new byte[] {1, 2})).isEqualTo(new byte[] {1, 2});
  }

  @Test
  void severalDimensionsAreReadInRowMajorOrder() {
    assertThat(only(new int[][] {{1, 2}, {3, 4}})).isEqualTo(List.of(1L, 2L, 3L, 4L));
    assertThat(only(List.of(List.of("a", "b"), List.of("c", "d"))))
        .isEqualTo(List.of("a", "b", "c", "d"));
    assertThat(only(new Double[] {1.5, 2.5})).isEqualTo(List.of(1.5, 2.5));
    assertThat(only(new float[] {1.5f})).isEqualTo(new float[] {1.5f});
  }

  @Test
  void laterChangesOfTheRowsAreNotSeen() {
    Map<String, Object> row = new HashMap<>(Map.of("x", 1));
    MemorySource source = MemorySource.of(Collections.singletonList(row));
    row.put("x", 2);
    assertThat(source.rows().get(0)).containsEntry("x", 1L);
  }

  @Test
  void valuesOfOtherKindsAreRefusedByColumnAndRecord() {
    assertThatThrownBy(
            () -> MemorySource.of(List.of(Map.of("x", 1), Map.of("x", new StringBuilder("1")))))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot read column 'x' of record 1 of rows in memory: expected a number, a truth value,"
                + " a text, bytes, or an array or List of these, found java.lang.StringBuilder");
    assertThatThrownBy(() -> only(Arrays.asList(1, null)))
        .hasMessageContaining("found null in a List or array");
    assertThatThrownBy(() -> MemorySource.of(List.of())).hasMessageContaining("no rows");
  }

  @Test
  void columnOfTwoTypesIsRefused() {
    MemorySource source =
        MemorySource.of(List.of(Map.of("x", 1), Map.of("x", 2.5), Map.of("x", "three")));
    assertThatThrownBy(() -> MemoryRows.of(source.rows()))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot read column 'x' of rows in memory: expected one type in all rows, found double,"
                + " then string in record 2");
  }
}
