package dev.muster.job.collective;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The exchange of one rank with itself. Thread-safe. */
final class SingleCollective implements Collective {
  private volatile @Nullable String ended;

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public Agreement agree(Ballot mine) {
    checkOpen(Phase.CONTROL);
    return Agreement.of(List.of(mine));
  }

  @Override
  public void allReduce(ByteBuffer input, float weight, ByteBuffer output) {
    Floats.check(input, output);
    checkOpen(Phase.REDUCE);
    Floats.scale(
        input.asFloatBuffer(), weight, output.asFloatBuffer(), 0, input.remaining() / Float.BYTES);
  }

  @Override
  public void broadcast(int root, ByteBuffer buffer) {
    if (root != 0) {
      throw new IllegalArgumentException(
          "Cannot broadcast: expected root 0 in a ring of 1, found " + root);
    }
    checkOpen(Phase.BROADCAST);
  }

  @Override
  public byte[][] allGather(byte[] mine) {
    checkOpen(Phase.GATHER);
    return new byte[][] {mine.clone()};
  }

  @Override
  public void barrier() {
    checkOpen(Phase.BARRIER);
  }

  @Override
  public void abort(String why) {
    ended = "aborted: " + why;
  }

  @Override
  public void close() {
    if (ended == null) {
      ended = "it is closed";
    }
  }

  private void checkOpen(Phase phase) {
    String why = ended;
    if (why != null) {
      throw new CollectiveException(phase, "Cannot " + phase.verb() + ": " + why, null);
    }
  }
}
