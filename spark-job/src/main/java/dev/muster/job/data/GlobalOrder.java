package dev.muster.job.data;

import java.util.Arrays;
import java.util.OptionalInt;

/**
 * The order in which the records of a data set are read in each pass, the same whatever the number
 * of slots. Immutable.
 *
 * <p>Of L logical shards, shard s holds the records i with i mod L = s, record i at index i div L.
 * A pass is a sequence of rounds: round q takes one record of each shard. Slot r of N, where N
 * divides L, reads the shards s with s mod N = r.
 *
 * <p><b>Unshuffled</b>, position k of a pass is record k. <b>Shuffled</b>, round q takes from each
 * shard its q-th record in a permutation of (seed, epoch, shard), and visits the shards in the
 * order {@code (u * s + c) mod L} with u prime to L, u and c drawn from (seed, epoch, q). Since u
 * is also prime to each divisor N of L, every aligned window of N positions holds exactly one
 * record of each slot, so a batch is shared out evenly. The last round of a pass, when it is
 * shorter than L, visits the shards in the stored order: no other order is even for all N.
 *
 * <p><b>Shuffled within windows</b> of W records, the permutation of a shard is one of each W div L
 * (at least one) successive indices, so that what is read at a time stands together in the files.
 */
public final class GlobalOrder {
  /** Divided by 1 to 10, 12, 14, 15, 18, 20, 21, 24, 28, 30 and more. */
  private static final int[] LOGICAL_SHARDS = {2520, 840, 120, 24, 12, 4, 1};

  /** A round is a small part of a pass, so that its shorter last one matters little. */
  private static final int ROUNDS_WANTED = 16;

  private static final long ROUND_STREAM = 0x726f756e64L;
  private static final long SHARD_STREAM = 0x7368617264L;

  private final long records;
  private final int logicalShards;
  private final boolean shuffled;
  private final long seed;
  private final long windowRounds;

  /**
   * The order of a data set.
   *
   * @param records the number of records
   * @param logicalShards L, at least 1
   * @param shuffled whether each pass has an order of its own
   * @param seed of the shuffling; means nothing without it
   */
  public GlobalOrder(long records, int logicalShards, boolean shuffled, long seed) {
    this(records, logicalShards, shuffled, seed, OptionalInt.empty());
  }

  /**
   * An order that is shuffled within windows.
   *
   * @param window the records of a window, at least 1; empty for all
   */
  public GlobalOrder(
      long records, int logicalShards, boolean shuffled, long seed, OptionalInt window) {
    if (records < 0 || logicalShards < 1) {
      throw new IllegalArgumentException(
          "Cannot order " + records + " records in " + logicalShards + " logical shards");
    }
    this.records = records;
    this.logicalShards = logicalShards;
    this.shuffled = shuffled;
    this.seed = seed;
    this.windowRounds =
        window.isPresent() ? Math.max(1, window.getAsInt() / logicalShards) : Long.MAX_VALUE;
  }

  /** The logical shards of a large data set: 2,520, times what the slots need to divide it. */
  public static int logicalShards(int slots) {
    return multiple(LOGICAL_SHARDS[0], slots);
  }

  /**
   * The logical shards of a data set: {@link #logicalShards(int)}, or fewer where the records are
   * so few that a round would be a large part of a pass and shuffling would hardly change anything.
   * Always a multiple of the slots.
   */
  public static int logicalShards(int slots, long records) {
    for (int shards : LOGICAL_SHARDS) {
      if (records >= (long) ROUNDS_WANTED * multiple(shards, slots)) {
        return multiple(shards, slots);
      }
    }
    return slots;
  }

  private static int multiple(int shards, int slots) {
    if (slots < 1) {
      throw new IllegalArgumentException("Cannot share records out to " + slots + " slots");
    }
    return Math.multiplyExact(shards, slots / (int) gcd(shards, slots));
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /** The number of records in a pass. */
  public long records() {
    return records;
  }

  /** L. */
  public int logicalShards() {
    return logicalShards;
  }

  /** Whether each pass has an order of its own. */
  public boolean isShuffled() {
    return shuffled;
  }

  /** The record at a position of a pass. */
  public long record(long epoch, long position) {
    checkRange(position, position + 1);
    long round = position / logicalShards;
    return record(epoch, round, visit(epoch, round), position % logicalShards);
  }

  /**
   * The records of one slot among the positions from, from + 1 … to - 1 of a pass, in the order of
   * their positions.
   *
   * @param rank the slot, below size
   * @param size the number of slots, a divisor of the logical shards
   */
  public long[] slice(int rank, int size, long epoch, long from, long to) {
    checkSlot(rank, size);
    checkRange(from, to);
    long[] found = new long[Math.toIntExact((to - from) / size + 2L * (rounds(from, to) + 1))];
    int count = 0;
    for (long at = from; at < to; ) {
      long round = at / logicalShards;
      long start = round * logicalShards;
      long end = Math.min(to, start + logicalShards);
      Visit visit = visit(epoch, round);
      long place = at - start;
      while (start + place < end && visit.shard(place, logicalShards) % size != rank) {
        place++;
      }
      for (; start + place < end; place += size) {
        found[count++] = record(epoch, round, visit, place);
      }
      at = end;
    }
    return Arrays.copyOf(found, count);
  }

  private long rounds(long from, long to) {
    return to <= from ? 0 : (to - 1) / logicalShards - from / logicalShards + 1;
  }

  void checkSlot(int rank, int size) {
    if (size < 1 || rank < 0 || rank >= size || logicalShards % size != 0) {
      throw new IllegalArgumentException(
          "Cannot read as slot "
              + rank
              + " of "
              + size
              + ": the number of slots must divide the "
              + logicalShards
              + " logical shards");
    }
  }

  private void checkRange(long from, long to) {
    if (from < 0 || to < from || to > records) {
      throw new IndexOutOfBoundsException(
          "Cannot read positions " + from + " to " + to + " of " + records);
    }
  }

  private long record(long epoch, long round, Visit visit, long place) {
    long shard = visit.shard(place, logicalShards);
    long index = round;
    if (shuffled) {
      long shardRecords = (records - shard + logicalShards - 1) / logicalShards;
      long window = round / windowRounds;
      long from = window * windowRounds;
      long key = Permutation.mix(SHARD_STREAM, seed, epoch, shard);
      index =
          from
              + new Permutation(
                      Math.min(windowRounds, shardRecords - from),
                      window == 0 ? key : Permutation.mix(key, window))
                  .at(round - from);
    }
    return index * logicalShards + shard;
  }

  /** The order of the shards in one round. */
  private record Visit(long factor, long shift) {
    static final Visit STORED = new Visit(1, 0);

    long shard(long place, int logicalShards) {
      return (factor * place + shift) % logicalShards;
    }
  }

  private Visit visit(long epoch, long round) {
    if (!shuffled || round >= records / logicalShards) {
      return Visit.STORED;
    }
    long hash = Permutation.mix(ROUND_STREAM, seed, epoch, round);
    long shift = Long.remainderUnsigned(hash, logicalShards);
    long factor;
    do {
      hash = Permutation.mix(hash, 1);
      factor = Long.remainderUnsigned(hash, logicalShards);
    } while (gcd(factor, logicalShards) != 1);
    return new Visit(factor, shift);
  }
}
