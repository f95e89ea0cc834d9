package dev.muster.job.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StagedFileTest {
  private static final List<StagedFile> FILES =
      List.of(
          new StagedFile("state/rank-0/cursor", 5_000_000_000L, "0f".repeat(32)),
          new StagedFile("数字", 0, "a0".repeat(32)));

  @Test
  void listsTravelAsBytes() {
    assertThat(StagedFile.decode(StagedFile.encode(FILES))).isEqualTo(FILES);
    assertThat(StagedFile.decode(StagedFile.encode(List.of()))).isEmpty();
  }

  @Test
  void refusesBytesCutOffAnywhereAndBytesLeftOver() {
    byte[] encoded = StagedFile.encode(FILES);
    for (int length = 0; length < encoded.length; length++) {
      byte[] cut = Arrays.copyOf(encoded, length);
      assertThatThrownBy(() -> StagedFile.decode(cut)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> StagedFile.decode(Arrays.copyOf(encoded, encoded.length + 1)))
        .hasMessageContaining("1 bytes are left over");
  }

  @Test
  void refusesAnotherFormat() {
    byte[] encoded = StagedFile.encode(FILES);
    encoded[0] = 9;

    assertThatThrownBy(() -> StagedFile.decode(encoded))
        .hasMessageContaining("format 9, expected 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/a", "a//b", "a/", "..", "a/../b", "./a", "a:b", "a\\b", "a\nb", "a\u0000"})
  void refusesNamesThatLeadOutOrThatNotEveryFileSystemTakes(String path) {
    assertThatThrownBy(() -> new StagedFile(path, 1, "0f".repeat(32)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot use the file name");
  }

  @Test
  void refusesNamesTooLongForFileSystems() {
    assertThatThrownBy(() -> new StagedFile("ü".repeat(128), 1, "0f".repeat(32)))
        .hasMessageContaining("longer than 255 bytes");
  }
}
