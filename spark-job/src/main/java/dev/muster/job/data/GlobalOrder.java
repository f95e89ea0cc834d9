package dev.muster.job.data;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.LongStream;

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
 * <p>A number of slots that does not divide L reads the same order: record i is slot i mod N's then
 * too, and only the shares of a batch are uneven.
 *
 * <p><b>Shuffled within windows</b> of W records, the permutation of a shard is one of each W div L
 * (at least one) successive indices, so that what is read at a time stands together in the files.
 */
public final class GlobalOrder {
  /** Divided by 1 to 10, 12, 14, 15, 18, 20, 21, 24, 28, 30 and more. */
  private static final int MOST_LOGICAL_SHARDS = 2520;

  /** The choices of L, before slots and batches make a multiple of it. */
  private static final int[] LOGICAL_SHARDS = {MOST_LOGICAL_SHARDS, 840, 120, 24, 12, 4, 1};

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

  /**
   * The logical shards of a data set: 2,520, or fewer where the records are so few that a round
   * would be a large part of a pass and shuffling would hardly change anything; times what the
   * slots and the global batch need to divide it. It is the same for each of 1 to 10 slots that
   * divides the global batch, and so are the global batches.
   *
   * @param globalBatch the records of a full batch of all slots, a multiple of the slots
   */
  public static int logicalShards(int slots, int globalBatch, long records) {
    if (slots < 1 || globalBatch < 1) {
      throw new IllegalArgumentException(
          "Cannot share batches of " + globalBatch + " records out to " + slots + " slots");
    }
    int common = lcm(slots, (int) gcd(globalBatch, MOST_LOGICAL_SHARDS));
    for (int shards : LOGICAL_SHARDS) {
      if (records >= (long) ROUNDS_WANTED * lcm(shards, common)) {
        return lcm(shards, common);
      }
    }
    return common;
  }

  /**
   * The partitions in which the records are stored: a divisor of the logical shards, so that each
   * of these lies in one; a multiple of what slots and shards have in common, so that a slot reads
   * as few partitions of others as can be.
   *
   * @param least the fewest partitions wanted; there may be fewer when the shards are
   */
  public static int partitions(int slots, int logicalShards, long least) {
    int step = (int) gcd(slots, logicalShards);
    for (int partitions = step; partitions < logicalShards; partitions += step) {
      if (logicalShards % partitions == 0 && partitions >= least) {
        return partitions;
      }
    }
    return logicalShards;
  }

  private static int lcm(int a, int b) {
    return Math.multiplyExact(a, b / (int) gcd(a, b));
  }

  static long gcd(long a, long b) {
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
   * @param size the number of slots
   */
  public long[] slice(int rank, int size, long epoch, long from, long to) {
    checkSlot(rank, size);
    checkRange(from, to);
    if (logicalShards % size != 0) {
      return LongStream.range(from, to)
          .map(position -> record(epoch, position))
          .filter(record -> record % size == rank)
          .toArray();
    }
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

  static void checkSlot(int rank, int size) {
    if (size < 1 || rank < 0 || rank >= size) {
      throw new IllegalArgumentException("Cannot read as slot " + rank + " of " + size);
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
