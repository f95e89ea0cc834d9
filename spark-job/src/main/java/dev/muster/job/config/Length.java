package dev.muster.job.config;

/** A length of training, counted in exactly one unit; always positive. Immutable. */
public sealed interface Length {
  /** How many of the unit; at least 1. */
  long count();

  /** The unit's key in the experiment file: {@code batches}, {@code records} or {@code epochs}. */
  String unit();

  /**
   * This length in batches; at least 1 (SPEC section 5).
   *
   * @param effectiveGlobalBatch records in one batch over all slots, at least 1
   * @param recordsPerEpoch records in one pass over the training data, at least 1
   * @throws IllegalArgumentException if a parameter is smaller than 1, or if the epochs hold more
   *     records than a {@code long} counts
   */
  long asBatches(long effectiveGlobalBatch, long recordsPerEpoch);

  /** A length in batches. */
  record Batches(long count) implements Length {
    /** Checks the count. */
    public Batches {
      requirePositive("batches", count);
    }

    @Override
    public String unit() {
      return "batches";
    }

    @Override
    public long asBatches(long effectiveGlobalBatch, long recordsPerEpoch) {
      return count;
    }
  }

  /** A length in records, over all slots. */
  record Records(long count) implements Length {
    /** Checks the count. */
    public Records {
      requirePositive("records", count);
    }

    @Override
    public String unit() {
      return "records";
    }

    @Override
    public long asBatches(long effectiveGlobalBatch, long recordsPerEpoch) {
      requirePositive("records per batch", effectiveGlobalBatch);
      return Math.max(count / effectiveGlobalBatch, 1);
    }
  }

  /** A length in passes over the training data. */
  record Epochs(long count) implements Length {
    /** Checks the count. */
    public Epochs {
      requirePositive("epochs", count);
    }

    @Override
    public String unit() {
      return "epochs";
    }

    @Override
    public long asBatches(long effectiveGlobalBatch, long recordsPerEpoch) {
      requirePositive("records per batch", effectiveGlobalBatch);
      requirePositive("records per epoch", recordsPerEpoch);
      if (count > Long.MAX_VALUE / recordsPerEpoch) {
        throw new IllegalArgumentException(
            "Cannot count the batches of %d epochs: expected at most %d records in all, found %d in each"
                .formatted(count, Long.MAX_VALUE, recordsPerEpoch));
      }
      return Math.max(count * recordsPerEpoch / effectiveGlobalBatch, 1);
    }
  }

  private static void requirePositive(String what, long count) {
    if (count < 1) {
      throw new IllegalArgumentException(
          "Cannot measure a length: expected %s >= 1, found %d".formatted(what, count));
    }
  }
}
