package dev.muster.job.collective;

import java.nio.ByteBuffer;

/**
 * The first 48 bytes of every frame, in native byte order (so the magic also tells a peer of
 * another byte order). Reused from frame to frame; confined to the wire's thread.
 */
final class Header {
  static final int BYTES = 48;
  private static final int MAGIC = 0x4d755231;

  int magic = MAGIC;
  int phase;
  long generation;
  long step;
  int bucket;
  int part;
  long total;
  long length;

  void write(ByteBuffer buffer) {
    buffer.clear();
    buffer.putInt(magic).putInt(phase).putLong(generation).putLong(step);
    buffer.putInt(bucket).putInt(part).putLong(total).putLong(length).flip();
  }

  void read(ByteBuffer buffer) {
    buffer.flip();
    magic = buffer.getInt();
    phase = buffer.getInt();
    generation = buffer.getLong();
    step = buffer.getLong();
    bucket = buffer.getInt();
    part = buffer.getInt();
    total = buffer.getLong();
    length = buffer.getLong();
  }

  boolean sameAs(Header other) {
    return magic == other.magic
        && phase == other.phase
        && generation == other.generation
        && step == other.step
        && bucket == other.bucket
        && part == other.part
        && total == other.total
        && length == other.length;
  }

  @Override
  public String toString() {
    return (magic == MAGIC ? "" : "magic 0x%08x, ".formatted(magic))
        + "%s of generation %d, step %d, bucket %d, part %d, %d of %d bytes"
            .formatted(Phase.describe(phase), generation, step, bucket, part, length, total);
  }
}
