package dev.muster.trial.data;

import dev.muster.trial.TrialException;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What a {@link Dataset} does with the records of its source, for the job. A trial describes it by
 * the methods of the data set. Immutable.
 */
public final class Pipeline {
  static final Pipeline NONE = new Pipeline();

  // Written by with() alone, before anybody else sees the copy.
  private Selection ofSource = Selection.ALL;
  private Selection ofPass = Selection.ALL;
  private boolean shuffled;
  private OptionalLong shuffleSeed = OptionalLong.empty();
  private OptionalInt shuffleWindow = OptionalInt.empty();
  private boolean batched;
  private OptionalInt batchSize = OptionalInt.empty();
  private boolean remainderDropped;
  private OptionalLong passes = OptionalLong.of(1);
  private boolean repeatedBeforeBatch;
  private List<GraphMap> maps = List.of();
  private List<BatchMap> batchMaps = List.of();

  private Pipeline() {}

  private Pipeline(Pipeline of) {
    this.ofSource = of.ofSource;
    this.ofPass = of.ofPass;
    this.shuffled = of.shuffled;
    this.shuffleSeed = of.shuffleSeed;
    this.shuffleWindow = of.shuffleWindow;
    this.batched = of.batched;
    this.batchSize = of.batchSize;
    this.remainderDropped = of.remainderDropped;
    this.passes = of.passes;
    this.repeatedBeforeBatch = of.repeatedBeforeBatch;
    this.maps = of.maps;
    this.batchMaps = of.batchMaps;
  }

  private Pipeline with(Consumer<Pipeline> change) {
    Pipeline copy = new Pipeline(this);
    change.accept(copy);
    return copy;
  }

  Pipeline skip(long records) {
    refuseSelection("skip");
    return shuffled
        ? with(copy -> copy.ofPass = ofPass.thenSkip(records))
        : with(copy -> copy.ofSource = ofSource.thenSkip(records));
  }

  Pipeline take(long records) {
    refuseSelection("take");
    return shuffled
        ? with(copy -> copy.ofPass = ofPass.thenTake(records))
        : with(copy -> copy.ofSource = ofSource.thenTake(records));
  }

  private void refuseSelection(String verb) {
    if (batched) {
      throw new TrialException(
          "Cannot " + verb + " batches: call " + verb + "() before batch(), it counts records");
    }
    if (isRepeated()) {
      throw new TrialException(
          "Cannot "
              + verb
              + " records of a repeated data set: call "
              + verb
              + "() before repeat(), it counts the records of one pass");
    }
  }

  Pipeline shuffle(OptionalLong seed, OptionalInt window) {
    if (window.isPresent() && window.getAsInt() < 1) {
      throw new TrialException(
          "Cannot shuffle within windows of "
              + window.getAsInt()
              + " records: expected a number of at least 1");
    }
    if (batched) {
      throw new TrialException("Cannot shuffle batches: call shuffle() before batch()");
    }
    if (!ofPass.isAll()) {
      throw new TrialException(
          "Cannot shuffle what "
              + ofPass
              + " has left of a shuffled pass: shuffle once, before skip() and take() or after"
              + " them");
    }
    return with(
        copy -> {
          copy.shuffled = true;
          copy.shuffleSeed = seed;
          copy.shuffleWindow = window;
        });
  }

  Pipeline batch(OptionalInt perSlot) {
    if (batched) {
      throw new TrialException("Cannot batch twice: batch() was called already");
    }
    return with(
        copy -> {
          copy.batched = true;
          copy.batchSize = perSlot;
        });
  }

  Pipeline dropRemainder() {
    if (!batched) {
      throw new TrialException(
          "Cannot drop the remainder of a pass: there are no batches yet; call dropRemainder()"
              + " after batch()");
    }
    if (repeatedBeforeBatch) {
      throw new TrialException(
          "Cannot drop the remainder of a pass: repeat() was called before batch(), so batches run"
              + " on into the next pass and there is none; remove dropRemainder(), or call repeat()"
              + " after batch()");
    }
    return with(copy -> copy.remainderDropped = true);
  }

  Pipeline repeat() {
    return repeated(OptionalLong.empty());
  }

  Pipeline repeat(long times) {
    if (times < 1) {
      throw new TrialException(
          "Cannot repeat a data set " + times + " times: expected a number of at least 1");
    }
    return repeated(
        passes.isPresent()
            ? OptionalLong.of(Math.multiplyExact(passes.getAsLong(), times))
            : passes);
  }

  private Pipeline repeated(OptionalLong newPasses) {
    return with(
        copy -> {
          copy.passes = newPasses;
          copy.repeatedBeforeBatch = repeatedBeforeBatch || !batched;
        });
  }

  Pipeline map(GraphMap map) {
    return with(copy -> copy.maps = and(maps, map));
  }

  Pipeline mapBatch(BatchMap map) {
    return with(copy -> copy.batchMaps = and(batchMaps, map));
  }

  private static <T> List<T> and(List<T> some, T more) {
    return Stream.concat(some.stream(), Stream.of(more)).toList();
  }

  /** Which records of the source, by their numbers, there are at all. */
  public Selection ofSource() {
    return ofSource;
  }

  /** Which positions of each shuffled pass are read. */
  public Selection ofPass() {
    return ofPass;
  }

  /** Whether each pass is shuffled. */
  public boolean isShuffled() {
    return shuffled;
  }

  /** The seed of the shuffling, empty for the trial's seed. */
  public OptionalLong shuffleSeed() {
    return shuffleSeed;
  }

  /** The records within which each pass is shuffled, empty for all. */
  public OptionalInt shuffleWindow() {
    return shuffleWindow;
  }

  /** Whether {@code batch} was called. */
  public boolean isBatched() {
    return batched;
  }

  /** The batch size of one slot, empty for the trial's per-slot batch size. */
  public OptionalInt batchSize() {
    return batchSize;
  }

  /** Whether a pass ends at its last whole global batch. */
  public boolean isRemainderDropped() {
    return remainderDropped;
  }

  /** How often a validation reads the data, empty for ever; training always reads on. */
  public OptionalLong passes() {
    return passes;
  }

  /** Whether {@code repeat} was called. */
  boolean isRepeated() {
    return repeatedBeforeBatch || !passes.equals(OptionalLong.of(1));
  }

  /** Whether batches run on into the next pass. */
  public boolean isRepeatedBeforeBatch() {
    return repeatedBeforeBatch;
  }

  /** What makes features and labels in the TRAIN and EVAL graphs, in the order of the calls. */
  public List<GraphMap> maps() {
    return maps;
  }

  /** What changes each batch in Java, in the order of the calls. */
  public List<BatchMap> batchMaps() {
    return batchMaps;
  }
}
