package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.runtime.MetricMerger;
import dev.muster.job.runtime.StateSamples;
import dev.muster.trial.TrialException;
import dev.muster.trial.metric.BatchValues;
import dev.muster.trial.metric.MergeableReducer;
import dev.muster.trial.metric.MetricValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is merged with what depends on the ranks alone. */
class StateTreeTest {
  private final Brackets reducer = new Brackets();
  private final MetricMerger merger =
      MetricMerger.decode(StateSamples.reducers(Map.of("brackets", reducer)));

  private static StateTree leaf(int slots, int rank, String state) {
    StateTree tree = new StateTree(slots);
    tree.add(rank, StateSamples.encode(Map.of("brackets", state)));
    return sent(tree);
  }

  private static StateTree sent(StateTree tree) {
    return StateTree.decode(tree.encode());
  }

  /** Joins two parts that a random order brings together, until there is one. */
  private StateTree joined(List<StateTree> leaves, Random random) {
    List<StateTree> parts = new ArrayList<>(leaves);
    do {
      Collections.shuffle(parts, random);
      StateTree part = parts.remove(0);
      if (!parts.isEmpty()) {
        part.addAll(parts.remove(0));
      }
      part.merge(merger);
      parts.add(sent(part));
    } while (parts.size() > 1);
    return parts.get(0);
  }

  @Test
  void anyOrderOfCompletionMergesNeighboursInRankOrder() {
    Random random = new Random(17);
    for (int slots = 1; slots <= 13; slots++) {
      int size = slots;
      List<String> ranks = IntStream.range(0, slots).mapToObj(Integer::toString).toList();
      MetricValue expected = reducer.crossSlotReduce(ranks);
      for (int order = 0; order < 30; order++) {
        List<StateTree> leaves =
            IntStream.range(0, size).mapToObj(rank -> leaf(size, rank, ranks.get(rank))).toList();
        String merged =
            (String)
                Objects.requireNonNull(
                    StateSamples.decode(joined(leaves, random).whole()).get("brackets"));
        assertThat(MetricValue.text(merged)).isEqualTo(expected);
      }
    }
  }

  @Test
  void failureOfTheReducerIsPartOfTheResult() {
    StateTree tree =
        joined(List.of(leaf(3, 0, "bad"), leaf(3, 1, "1"), leaf(3, 2, "2")), new Random(1));
    assertThat(tree.fault())
        .startsWith(
            "Cannot compute metric 'brackets': dev.muster.job.spark.Brackets.merge threw"
                + " java.lang.IllegalStateException: cannot merge bad (at ");
  }

  @Test
  void reducerThatDoesNotTravelIsRefusedWhenTheTrialIsBuilt() {
    MergeableReducer<String> holdsTheTest = new Holder(new Object());
    assertThatThrownBy(() -> StateSamples.reducers(Map.of("held", holdsTheTest)))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith(
            "Cannot send the reducer of metric 'held' to the executors:"
                + " java.io.NotSerializableException: java.lang.Object; a MergeableReducer must be"
                + " serializable");
  }

  private record Holder(Object held) implements MergeableReducer<String> {
    @Override
    public String empty() {
      return held.toString();
    }

    @Override
    public String accumulate(String soFar, BatchValues batch) {
      return soFar;
    }

    @Override
    public String merge(String a, String b) {
      return a + b;
    }

    @Override
    public MetricValue result(String merged) {
      return MetricValue.text(merged);
    }
  }

  @Test
  void missingStatesAreNamed() {
    StateTree gone = new StateTree(3);
    gone.addMissing(1);
    StateTree tree = joined(List.of(leaf(3, 0, "0"), gone, leaf(3, 2, "2")), new Random(1));
    assertThat(tree.missing()).containsExactly(1);
  }

  @Test
  void partitionsThatSparkBringsTogetherHoldRanksThatFollowEachOther() {
    assertThat(MetricAggregation.order(3)).containsExactly(0, 1, 2);
    // 9 partitions go into 3 groups by their number modulo 3
    assertThat(MetricAggregation.order(9)).containsExactly(0, 3, 6, 1, 4, 7, 2, 5, 8);
    for (int slots = 1; slots < 60; slots++) {
      assertThat(MetricAggregation.order(slots)).hasSize(slots).doesNotHaveDuplicates();
    }
  }
}
