package dev.muster.job.collective;

import java.nio.ByteBuffer;

/**
 * The exchange of one generation of replicas. All ranks call the same operations in the same order.
 * Confined to one thread at a time, the replica's communication thread, except {@link #abort} and
 * {@link #close}. Any {@link CollectiveException} ends it, as does an interrupt of the calling
 * thread (whose interrupt status is kept). Arguments that are wrong on this rank alone are an
 * {@link IllegalArgumentException} and nothing is sent.
 */
public interface Collective extends AutoCloseable {
  /** The largest array that {@link #allGather} takes, in bytes. */
  int MAX_GATHERED_BYTES = 16 << 20;

  /** This replica's rank, from 0. */
  int rank();

  /** The number of ranks. */
  int size();

  /**
   * Tells every rank's ballot to every rank. The step and bucket are those of the operations that
   * follow, and must agree.
   *
   * @return all ballots, the same on every rank
   */
  Agreement agree(Ballot mine);

  /**
   * Writes {@code output = sum over ranks of weight * input}, bit-identical on all ranks.
   *
   * <p>Order of the sum: the elements are cut into {@link #size} contiguous segments whose lengths
   * differ by at most one, the longer ones first. In segment {@code s} the sum starts with rank
   * {@code s}'s product and adds those of ranks {@code s+1, s+2, …} (modulo the size) one after the
   * other, each product and each sum rounded to a float.
   *
   * <p>Both buffers are direct, in native byte order, hold float32 from position to limit, have the
   * same length and do not overlap; positions and limits stay as they are. After an exception the
   * output is unspecified.
   *
   * @param input only read; not even read where the weight is 0, so that it may hold NaN
   * @param weight this rank's factor; a rank with weight 0 adds +0.0
   * @param output receives the sum
   */
  void allReduce(ByteBuffer input, float weight, ByteBuffer output);

  /**
   * Copies the root's buffer, from position to limit, into those of all other ranks, which have the
   * same length. Positions and limits stay as they are.
   *
   * @param root the rank that has the bytes
   */
  void broadcast(int root, ByteBuffer buffer);

  /**
   * Tells every rank's bytes to every rank.
   *
   * @param mine at most {@link #MAX_GATHERED_BYTES} bytes; lengths may differ between ranks
   * @return one array per rank, in rank order
   */
  byte[][] allGather(byte[] mine);

  /** Returns once all ranks have called it. */
  void barrier();

  /**
   * Closes the sockets, so that a blocked call of this rank, and soon those of all ranks, throw a
   * {@link CollectiveException}. Any thread.
   *
   * @param why ends up in this rank's message
   */
  void abort(String why);

  /** Closes the sockets. Idempotent; any thread. */
  @Override
  void close();

  /** The exchange of a trial with one slot: no sockets, every operation returns at once. */
  static Collective single() {
    return new SingleCollective();
  }
}
