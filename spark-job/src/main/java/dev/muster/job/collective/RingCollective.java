package dev.muster.job.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The operations over a {@link RingWire}. Confined to the communication thread, except abort and
 * close.
 */
final class RingCollective implements Collective {
  /** With the header, a control frame is 64 bytes. */
  private static final int BALLOT_BYTES = 16;

  private static final int STOP = 1;
  private static final int FAILED = 2;

  private final RingPlan plan;
  private final RingWire wire;
  private final long progressNanos;
  private final ByteBuffer[] ballots;
  private final ByteBuffer[] lengths;
  private final GatherFlow agreeing;
  private final GatherFlow measuring;
  private final GatherFlow meeting;
  private final ReduceFlow reducing;

  RingCollective(RingPlan plan, RingWire wire) {
    this.plan = plan;
    this.wire = wire;
    this.progressNanos = plan.progressTimeout().toNanos();
    this.ballots = blocks(plan.size(), BALLOT_BYTES);
    this.lengths = blocks(plan.size(), Integer.BYTES);
    this.agreeing = new GatherFlow(Phase.CONTROL, plan.rank(), ballots);
    this.measuring = new GatherFlow(Phase.GATHER, plan.rank(), lengths);
    this.meeting = meeting(Phase.BARRIER, plan);
    this.reducing = new ReduceFlow(plan.rank(), plan.size());
  }

  /** An exchange of empty frames after which every rank has heard of every other. */
  static GatherFlow meeting(Phase phase, RingPlan plan) {
    return new GatherFlow(phase, plan.rank(), blocks(plan.size(), 0));
  }

  private static ByteBuffer[] blocks(int count, int bytes) {
    ByteBuffer[] blocks = new ByteBuffer[count];
    for (int i = 0; i < count; i++) {
      blocks[i] = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
    return blocks;
  }

  @Override
  public int rank() {
    return plan.rank();
  }

  @Override
  public int size() {
    return plan.size();
  }

  @Override
  public Agreement agree(Ballot mine) {
    wire.at(mine.step(), mine.bucket());
    int flags = (mine.stop() ? STOP : 0) | (mine.failed() ? FAILED : 0);
    ballots[rank()].putLong(0, mine.examples()).putInt(8, flags).putInt(12, 0);
    wire.run(agreeing.start(), progressNanos);
    List<Ballot> all = new ArrayList<>(size());
    for (ByteBuffer ballot : ballots) {
      int found = ballot.getInt(8);
      all.add(
          new Ballot(
              mine.step(),
              mine.bucket(),
              ballot.getLong(0),
              (found & STOP) != 0,
              (found & FAILED) != 0));
    }
    return Agreement.of(all);
  }

  @Override
  public void allReduce(ByteBuffer input, float weight, ByteBuffer output) {
    Floats.check(input, output);
    try {
      wire.run(reducing.start(input, weight, output), progressNanos);
    } finally {
      reducing.release();
    }
  }

  @Override
  public void broadcast(int root, ByteBuffer buffer) {
    if (root < 0 || root >= size() || (root != rank() && buffer.isReadOnly())) {
      throw new IllegalArgumentException(
          "Cannot broadcast: root %d of %d ranks, into a %s buffer"
              .formatted(root, size(), buffer.isReadOnly() ? "read-only" : "writable"));
    }
    wire.run(new BroadcastFlow(root, rank(), size(), buffer), progressNanos);
  }

  @Override
  public byte[][] allGather(byte[] mine) {
    if (mine.length > MAX_GATHERED_BYTES) {
      throw new IllegalArgumentException(
          "Cannot gather: expected at most %d bytes, found %d"
              .formatted(MAX_GATHERED_BYTES, mine.length));
    }
    lengths[rank()].putInt(0, mine.length);
    wire.run(measuring.start(), progressNanos);
    byte[][] all = new byte[size()][];
    ByteBuffer[] blocks = new ByteBuffer[size()];
    for (int other = 0; other < size(); other++) {
      all[other] = other == rank() ? mine.clone() : new byte[gatheredLength(other)];
      blocks[other] = ByteBuffer.wrap(all[other]);
    }
    wire.run(new GatherFlow(Phase.GATHER, rank(), blocks).start(), progressNanos);
    return all;
  }

  private int gatheredLength(int other) {
    int length = lengths[other].getInt(0);
    if (length < 0 || length > MAX_GATHERED_BYTES) {
      String fact =
          "expected at most %d bytes from rank %d, found %d"
              .formatted(MAX_GATHERED_BYTES, other, length);
      wire.end("it broke before: " + fact);
      throw new CollectiveException(Phase.GATHER, "Cannot gather: " + fact, null);
    }
    return length;
  }

  @Override
  public void barrier() {
    wire.run(meeting.start(), progressNanos);
  }

  @Override
  public void abort(String why) {
    wire.end("aborted: " + why);
  }

  @Override
  public void close() {
    wire.end("it is closed");
  }
}
