package dev.muster.trial.metric;

import java.io.Serializable;
import java.util.Arrays;

/**
 * How much weight there is at which number, for one or two kinds of examples. Exact as long as
 * there are no more different numbers than bins. When there are more, bins are joined: a bin then
 * holds the numbers whose {@link OrderedKey}s agree but for their last {@code shift} bits, and the
 * shift is the smallest at which all bins fit. That shift depends on the set of numbers alone, so
 * that the bins are the same for every number of slots and every order of batches. More than half
 * of the bins are then in use, because one bit less joins two bins at most. Immutable.
 */
final class Histogram implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int shift;
  private final long[] keys; // shifted; ascending
  private final double[][] weights; // by kind, then as keys
  private final boolean unknown;

  private Histogram(int shift, long[] keys, double[][] weights, boolean unknown) {
    this.shift = shift;
    this.keys = keys;
    this.weights = weights;
    this.unknown = unknown;
  }

  static Histogram empty(int kinds) {
    return new Histogram(0, new long[0], new double[kinds][0], false);
  }

  /** Weight of a kind at a number. */
  interface Entries {
    int count();

    double number(int entry);

    int kind(int entry);

    double weight(int entry);
  }

  /** The histogram of these entries, those without weight left out, with a bin for each number. */
  static Histogram of(int kinds, Entries entries) {
    long[] all = new long[entries.count()];
    int used = 0;
    boolean unknown = false;
    for (int i = 0; i < all.length; i++) {
      if (entries.weight(i) != 0) {
        unknown |= Double.isNaN(entries.number(i)) || Double.isNaN(entries.weight(i));
        all[used++] = OrderedKey.of(entries.number(i));
      }
    }
    if (unknown) {
      return new Histogram(0, new long[0], new double[kinds][0], true);
    }
    long[] keys = Arrays.stream(all, 0, used).sorted().distinct().toArray();
    double[][] weights = new double[kinds][keys.length];
    for (int i = 0; i < all.length; i++) {
      if (entries.weight(i) != 0) {
        int bin = Arrays.binarySearch(keys, OrderedKey.of(entries.number(i)));
        weights[entries.kind(i)][bin] += entries.weight(i);
      }
    }
    return new Histogram(0, keys, weights, false);
  }

  /** All entries of this one and the other, in at most this many bins. */
  Histogram plus(Histogram other, int bins) {
    if (unknown || other.unknown) {
      return unknown ? this : other;
    }
    int common = Math.max(shift, other.shift);
    Histogram sum = shiftedTo(common).union(other.shiftedTo(common));
    while (sum.keys.length > bins) {
      sum = sum.shiftedTo(sum.shift + 1);
    }
    return sum;
  }

  private Histogram shiftedTo(int coarser) {
    if (coarser == shift) {
      return this;
    }
    long[] joined = new long[keys.length];
    double[][] sums = new double[weights.length][keys.length];
    int bins = 0;
    for (int i = 0; i < keys.length; i++) {
      long key = keys[i] >> (coarser - shift);
      if (bins == 0 || joined[bins - 1] != key) {
        joined[bins++] = key;
      }
      for (int kind = 0; kind < weights.length; kind++) {
        sums[kind][bins - 1] += weights[kind][i];
      }
    }
    return trimmed(coarser, joined, sums, bins);
  }

  private Histogram union(Histogram other) {
    int most = keys.length + other.keys.length;
    long[] joined = new long[most];
    double[][] sums = new double[weights.length][most];
    int bins = 0;
    int mine = 0;
    int others = 0;
    while (mine < keys.length || others < other.keys.length) {
      long key =
          Math.min(
              mine < keys.length ? keys[mine] : Long.MAX_VALUE,
              others < other.keys.length ? other.keys[others] : Long.MAX_VALUE);
      joined[bins] = key;
      if (mine < keys.length && keys[mine] == key) {
        add(sums, bins, weights, mine++);
      }
      if (others < other.keys.length && other.keys[others] == key) {
        add(sums, bins, other.weights, others++);
      }
      bins++;
    }
    return trimmed(shift, joined, sums, bins);
  }

  private static void add(double[][] sums, int bin, double[][] weights, int from) {
    for (int kind = 0; kind < sums.length; kind++) {
      sums[kind][bin] += weights[kind][from];
    }
  }

  private static Histogram trimmed(int shift, long[] keys, double[][] weights, int bins) {
    double[][] trimmed = new double[weights.length][];
    for (int kind = 0; kind < weights.length; kind++) {
      trimmed[kind] = Arrays.copyOf(weights[kind], bins);
    }
    return new Histogram(shift, Arrays.copyOf(keys, bins), trimmed, false);
  }

  /** Whether a number or a weight was NaN. */
  boolean isUnknown() {
    return unknown;
  }

  /** The bins in use. */
  int bins() {
    return keys.length;
  }

  /** How many of the last bits of keys are not told apart. */
  int shift() {
    return shift;
  }

  /** The smallest number that the bin may hold; the number itself where it holds one. */
  double lowerEnd(int bin) {
    return OrderedKey.number(keys[bin] << shift);
  }

  double weight(int kind, int bin) {
    return weights[kind][bin];
  }

  double weight(int kind) {
    return Arrays.stream(weights[kind]).sum();
  }
}
