package dev.muster.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestRowsTest {
  @TempDir Path directory;

  @Test
  void csvColumnsHaveTheTypeThatHoldsAllTheirValues() throws IOException {
    Path file = directory.resolve("rows.csv");
    Files.writeString(
        file,
        "whole,fraction,truth,text,\"with, comma\"\r\n"
            + "1,2,true,a,\"say \"\"so\"\"\"\r\n"
            + "\n"
            + "-3,.5e1,false,7,\"two\nlines\"\n"
            + ",,,,");
    assertThat(TestRows.csv(file))
        .containsExactly(
            Map.of(
                "whole",
                1L,
                "fraction",
                2.0,
                "truth",
                true,
                "text",
                "a",
                "with, comma",
                "say \"so\""),
            Map.of(
                "whole",
                -3L,
                "fraction",
                5.0,
                "truth",
                false,
                "text",
                "7",
                "with, comma",
                "two\nlines"),
            Map.of());
  }

  @Test
  void csvLineOfAnotherLengthIsAnError() throws IOException {
    Path file = directory.resolve("rows.csv");
    Files.writeString(file, "a,b\n1,2\n3\n");
    assertThatThrownBy(() -> TestRows.csv(file))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot read record 1 of " + file + ": expected 2 values as in its header, found 1");
  }

  private Path idx(String name, boolean zipped, int... bytes) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (int value : bytes) {
      content.write(value);
    }
    Path file = directory.resolve(name);
    try (OutputStream out =
        zipped ? new GZIPOutputStream(Files.newOutputStream(file)) : Files.newOutputStream(file)) {
      out.write(content.toByteArray());
    }
    return file;
  }

  @Test
  void idxFilesBecomeRowsAlsoCompressed() throws IOException {
    Path images = idx("images.gz", true, 0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 255, 6);
    Path labels = idx("labels", false, 0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 200);
    List<Map<String, Object>> rows = TestRows.idx(images, labels, 100);
    assertThat(rows).extracting(row -> row.get("digit")).containsExactly(7L, 8L, 200L);
    assertThat(rows.get(2).get("image")).isEqualTo(new byte[] {-1, 6});
    assertThat(TestRows.idx(images, labels, 2)).hasSize(2);
    assertThatThrownBy(() -> TestRows.idx(idx("x", false, 1, 2, 3, 4), labels, 1))
        .hasMessageContaining("found magic 01020304");
  }
}
