package dev.muster.job.spark;

import java.util.List;
import java.util.OptionalLong;

/** Whether the checkpoints of a run have room where they go. */
final class StorageSpace {
  /** Fewer are hardly what a run is meant to keep. */
  private static final long FEW = 10;

  private StorageSpace() {}

  /**
   * Holds the size of a checkpoint, all variables and as much for its SavedModel, against what is
   * free; nothing where the file system does not tell.
   */
  static List<Finding> findings(String path, OptionalLong freeBytes, long variableBytes) {
    if (freeBytes.isEmpty()) {
      return List.of();
    }
    long checkpoint = Math.max(1, 2 * variableBytes);
    long room = freeBytes.getAsLong() / checkpoint;
    if (room >= FEW) {
      return List.of();
    }
    String sizes =
        "a checkpoint takes up to %d MiB, and %s has %d MiB free"
            .formatted(mib(checkpoint), path, mib(freeBytes.getAsLong()));
    return List.of(
        room == 0
            ? Finding.problem(
                "storage",
                "Cannot store a checkpoint: %s; free space, or change checkpoint_storage.path"
                    .formatted(sizes))
            : Finding.warning(
                "storage",
                "%s, room for %d; free space, change checkpoint_storage.path, or take fewer (checkpoint_policy, min_checkpoint_period): all are kept"
                    .formatted(sizes, room)));
  }

  private static long mib(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }
}
