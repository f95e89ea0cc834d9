package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Checkpoints against what is free. */
class StorageSpaceTest {
  private static final long MIB = 1 << 20;

  @Test
  void spaceForOneCheckpointIsNeededAndForTenMeant() {
    assertThat(StorageSpace.findings("hdfs:/a", OptionalLong.of(1999 * MIB), 1000 * MIB))
        .containsExactly(
            Finding.problem(
                "storage",
                "Cannot store a checkpoint: a checkpoint takes up to 2000 MiB, and hdfs:/a has 1999"
                    + " MiB free; free space, or change checkpoint_storage.path"));
    assertThat(StorageSpace.findings("hdfs:/a", OptionalLong.of(19_999 * MIB), 1000 * MIB))
        .containsExactly(
            Finding.warning(
                "storage",
                "a checkpoint takes up to 2000 MiB, and hdfs:/a has 19999 MiB free, room for 9; free"
                    + " space, change checkpoint_storage.path, or take fewer (checkpoint_policy,"
                    + " min_checkpoint_period): all are kept"));
    assertThat(StorageSpace.findings("hdfs:/a", OptionalLong.of(20_000 * MIB), 1000 * MIB))
        .isEmpty();
  }

  @Test
  void fileSystemThatDoesNotTellIsNotGuessed() {
    assertThat(StorageSpace.findings("s3a://b/a", OptionalLong.empty(), 1000 * MIB)).isEmpty();
  }
}
