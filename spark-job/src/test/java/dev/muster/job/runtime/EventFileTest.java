package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  @TempDir Path directory;

  /** The bytes are those that Python's TFRecordWriter and Event message give: event_file.py. */
  @Test
  void fileIsWhatTensorFlowWrites() throws Exception {
    Clock clock = Clock.fixed(Instant.ofEpochSecond(1_000), ZoneOffset.UTC);
    try (EventFile file = new EventFile(directory, clock)) {
      file.add(300, Map.of("loss", 0.5));
    }
    Path file = directory.resolve("events.out.tfevents.1000000.muster");
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(file))).isEqualTo(EXPECTED);
  }

  private static final String EXPECTED =
      "1a00000000000000129bd82d090000000000408f4010001a0d627261696e2e4576656e"
          + "743a326c6117dd1b000000000000001a0d9e13090000000000408f4010ac022a0d0a0b"
          + "0a046c6f7373150000003fcf73d0ff";
}
