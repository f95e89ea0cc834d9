package dev.muster.job.spark;

import dev.muster.job.runtime.EncodedStates;
import dev.muster.job.runtime.MetricMerger;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.trial.TrialException;
import dev.muster.trial.metric.MetricValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The second job of a validation, without gang and replicas: the states of mergeable reducers are
 * merged by Spark's {@code treeAggregate} on the executors, those of others are brought to the
 * driver by {@code aggregate}. States carry their rank, so that the result has the same bits
 * whatever the order of completion.
 */
final class MetricAggregation {
  private static final byte[] NONE = {};
  private static final int DEPTH = 2;

  private final JavaSparkContext spark;
  private final TrialCheck check;
  private final SlotResources resources;

  MetricAggregation(JavaSparkContext spark, TrialCheck check, SlotResources resources) {
    this.resources = resources;
    this.spark = spark;
    this.check = check;
  }

  /**
   * The values of the metrics.
   *
   * @param slots where the states are, by rank
   * @throws StatesMissingException if an executor has gone with a slot's states
   * @throws TrialException if a reducer of the user's is wrong
   */
  Map<String, MetricValue> values(List<SlotStates> slots) throws StatesMissingException {
    Set<String> mergeable = check.mergeableMetrics();
    Set<String> others = new TreeSet<>(check.metricNames());
    others.removeAll(mergeable);
    List<byte[]> perSlot = others.isEmpty() ? List.of() : gathered(slots, others);
    return check.result(merged(slots, mergeable), perSlot);
  }

  /** The states of these metrics by rank. */
  private List<byte[]> gathered(List<SlotStates> slots, Set<String> names)
      throws StatesMissingException {
    int size = slots.size();
    byte[] all =
        elements(slots, identity(size))
            .setName("states of a validation")
            .aggregate(
                NONE,
                (tree, element) -> joined(size, tree, added(size, element, names)),
                (left, right) -> joined(size, left, right));
    StateTree tree = complete(all);
    return tree.leaves();
  }

  /** The merged states of these metrics. */
  private byte[] merged(List<SlotStates> slots, Set<String> names) throws StatesMissingException {
    int size = slots.size();
    byte[] reducers = check.mergeableReducers();
    boolean large = slots.stream().anyMatch(SlotStates::isInBlock);
    byte[] all =
        elements(slots, order(size))
            .setName("states of a validation")
            .treeAggregate(
                NONE,
                (tree, element) -> merged(size, tree, added(size, element, names), reducers),
                (left, right) -> merged(size, left, right, reducers),
                DEPTH,
                // The last merge on an executor, so that one state comes to the driver; a stage of
                // its
                // own, for which executors of another profile would have to be had.
                large && !resources.areOfOwnProfile());
    return complete(all).whole();
  }

  private static StateTree complete(byte[] encoded) throws StatesMissingException {
    StateTree tree = StateTree.decode(encoded);
    if (!tree.missing().isEmpty()) {
      throw new StatesMissingException(tree.missing());
    }
    if (!tree.fault().isEmpty()) {
      throw new TrialException(tree.fault());
    }
    return tree;
  }

  /** One partition for each slot: its rank and where its states are. */
  private JavaRDD<byte[]> elements(List<SlotStates> slots, int[] order) {
    List<byte[]> elements = new ArrayList<>();
    for (int rank : order) {
      WireWriter out = new WireWriter();
      out.writeInt(rank);
      out.writeBlob(Blob.of(slots.get(rank).encode()));
      elements.add(out.toBytes());
    }
    return resources.on(spark.parallelize(elements, elements.size()));
  }

  private static byte[] added(int size, byte[] element, Set<String> names) {
    WireReader in = new WireReader(element);
    int rank = in.readInt();
    SlotStates slot = SlotStates.decode(in.readBlob().bytes());
    StateTree tree = new StateTree(size);
    slot.read()
        .ifPresentOrElse(
            states -> tree.add(rank, EncodedStates.select(states, names)),
            () -> tree.addMissing(rank));
    return tree.encode();
  }

  private static byte[] joined(int size, byte[] left, byte[] right) {
    return joinedTree(size, left, right).encode();
  }

  private static byte[] merged(int size, byte[] left, byte[] right, byte[] reducers) {
    StateTree tree = joinedTree(size, left, right);
    tree.merge(MetricMerger.decode(reducers));
    return tree.encode();
  }

  private static StateTree joinedTree(int size, byte[] left, byte[] right) {
    StateTree tree = new StateTree(size);
    for (byte[] part : Arrays.asList(left, right)) {
      if (part.length > 0) {
        tree.addAll(StateTree.decode(part));
      }
    }
    return tree;
  }

  private static int[] identity(int slots) {
    int[] order = new int[slots];
    Arrays.setAll(order, i -> i);
    return order;
  }

  /**
   * The rank of each partition. Before its last step {@code treeAggregate} brings the partitions
   * together whose numbers are the same modulo {@code groups}; ranks that follow each other go into
   * one group, so that most of them can be merged there.
   */
  static int[] order(int slots) {
    int scale = Math.max((int) Math.ceil(Math.pow(slots, 1.0 / DEPTH)), 2);
    int groups = slots > scale + (slots + scale - 1) / scale ? slots / scale : 1;
    int[] order = new int[slots];
    int rank = 0;
    for (int group = 0; group < groups; group++) {
      for (int partition = group; partition < slots; partition += groups) {
        order[partition] = rank++;
      }
    }
    return order;
  }
}
