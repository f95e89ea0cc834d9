package dev.muster.job.runtime;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files {@code state/gradients-<rank>.bin} of a checkpoint that was taken within a window: each
 * slot's sums. {@code docs/checkpoint-format.md} is the rule.
 */
final class PartialSums {
  private static final int MAGIC = 0x4d475331;

  private PartialSums() {}

  private static Path state(Path checkpoint) {
    return checkpoint.resolve("state");
  }

  private static Path file(Path checkpoint, int rank) {
    return state(checkpoint).resolve("gradients-" + rank + ".bin");
  }

  /**
   * Writes a slot's sums.
   *
   * @param sums in native byte order
   */
  static void write(Path checkpoint, int rank, ByteBuffer sums) throws IOException {
    Files.createDirectories(state(checkpoint));
    FloatBuffer floats = sums.duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer();
    try (DataOutputStream out =
        new DataOutputStream(
            new BufferedOutputStream(Files.newOutputStream(file(checkpoint, rank)), 1 << 16))) {
      out.writeInt(MAGIC);
      out.writeLong(floats.remaining());
      while (floats.hasRemaining()) {
        out.writeFloat(floats.get());
      }
    }
  }

  /**
   * What a slot goes on from: with as many slots as wrote the checkpoint, its own sums; otherwise
   * rank 0 has the sums of all, so that none is lost. They weigh by examples, wherever they are.
   *
   * @param slots of now
   * @param bytes the sums' length in this model
   * @return direct, in native byte order; empty where the slot has none
   */
  static Optional<ByteBuffer> read(Path checkpoint, int rank, int slots, long bytes)
      throws IOException {
    if (count(checkpoint, "slot-*.json") == slots) {
      Path own = file(checkpoint, rank);
      return Files.exists(own) ? Optional.of(added(List.of(own), bytes)) : Optional.empty();
    }
    List<Path> all = files(checkpoint, "gradients-*.bin");
    return rank == 0 && !all.isEmpty() ? Optional.of(added(all, bytes)) : Optional.empty();
  }

  /** Whether the checkpoint was taken within a window. */
  static boolean areIn(Path checkpoint) throws IOException {
    return count(checkpoint, "gradients-*.bin") > 0;
  }

  private static int count(Path checkpoint, String pattern) throws IOException {
    return files(checkpoint, pattern).size();
  }

  private static List<Path> files(Path checkpoint, String pattern) throws IOException {
    if (!Files.isDirectory(state(checkpoint))) {
      return List.of();
    }
    var matches = checkpoint.getFileSystem().getPathMatcher("glob:" + pattern);
    try (Stream<Path> files = Files.list(state(checkpoint))) {
      return files.filter(file -> matches.matches(file.getFileName())).sorted().toList();
    }
  }

  private static ByteBuffer added(List<Path> files, long bytes) throws IOException {
    ByteBuffer sum =
        ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
    FloatBuffer floats = sum.asFloatBuffer();
    for (Path file : files) {
      try (DataInputStream in =
          new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
        int magic = in.readInt();
        long elements = in.readLong();
        if (magic != MAGIC || elements != floats.capacity()) {
          throw new IOException(
              "Cannot restore "
                  + file
                  + ": expected the sums of "
                  + floats.capacity()
                  + " gradients, found "
                  + (magic == MAGIC ? elements + " gradients" : "another format")
                  + "; the model must be the one that was checkpointed");
        }
        for (int i = 0; i < floats.capacity(); i++) {
          floats.put(i, floats.get(i) + in.readFloat());
        }
      }
    }
    return sum;
  }
}
