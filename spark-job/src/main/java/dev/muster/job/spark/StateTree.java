package dev.muster.job.spark;

import dev.muster.job.runtime.MetricMerger;
import dev.muster.trial.TrialException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Partial results of merging the slots' states. Spark brings them together in any order; what is
 * merged with what is fixed all the same: a node {@code (level, index)} covers the ranks from index
 * × 2^level, is merged with its neighbour of the same pair alone, and waits for it as a node of its
 * own. Where there is no neighbour because the ranks end, a node moves up. A merge that fails, or a
 * state that is missing, is part of the result: as an exception Spark would try it again and again.
 * Confined to one thread; crosses as the bytes of {@link #encode}.
 */
final class StateTree {
  private record Node(int level, int index) implements Comparable<Node> {
    @Override
    public int compareTo(Node other) {
      return level != other.level
          ? Integer.compare(level, other.level)
          : Integer.compare(index, other.index);
    }

    Node pair() {
      return new Node(level, index ^ 1);
    }

    Node parent() {
      return new Node(level + 1, index >> 1);
    }

    /** The first rank that it covers. */
    long first() {
      return (long) index << level;
    }
  }

  private final int slots;
  private final TreeMap<Node, byte[]> nodes = new TreeMap<>();
  private final TreeSet<Integer> missing = new TreeSet<>();
  private String fault = "";

  /** A tree without a node. */
  StateTree(int slots) {
    this.slots = slots;
  }

  /** Adds the states of a rank. */
  void add(int rank, byte[] states) {
    nodes.put(new Node(0, rank), states);
  }

  /** Notes that the states of a rank are on no executor any more. */
  void addMissing(int rank) {
    missing.add(rank);
  }

  /** Takes over all nodes of another tree. */
  void addAll(StateTree other) {
    nodes.putAll(other.nodes);
    missing.addAll(other.missing);
    fault = fault.isEmpty() ? other.fault : fault;
  }

  /** Merges all pairs that are complete. */
  void merge(MetricMerger merger) {
    if (!missing.isEmpty() || !fault.isEmpty()) {
      nodes.clear();
      return;
    }
    try {
      for (Optional<Node> next = mergeable(); next.isPresent(); next = mergeable()) {
        Node lower = next.get();
        byte[] states = Objects.requireNonNull(nodes.remove(lower));
        byte[] others = nodes.remove(lower.pair());
        nodes.put(lower.parent(), others == null ? states : merger.merge(states, others));
      }
    } catch (TrialException e) {
      fault = String.valueOf(e.getMessage());
      nodes.clear();
    }
  }

  /** A left one of a pair that can go up. */
  private Optional<Node> mergeable() {
    return nodes.keySet().stream()
        .filter(node -> 1L << node.level() < slots && node.index() % 2 == 0)
        .filter(node -> nodes.containsKey(node.pair()) || node.pair().first() >= slots)
        .findFirst();
  }

  /** What the user's reducer did wrong, or empty. */
  String fault() {
    return fault;
  }

  /** The ranks whose states are missing. */
  TreeSet<Integer> missing() {
    return missing;
  }

  /** The states by rank, when none were merged. */
  List<byte[]> leaves() {
    if (nodes.size() != slots) {
      throw new IllegalStateException(
          "Cannot gather metric states: of " + slots + " slots there is " + nodes.keySet());
    }
    return List.copyOf(nodes.values());
  }

  /** The merged states of all ranks. */
  byte[] whole() {
    Map.Entry<Node, byte[]> root = nodes.firstEntry();
    if (root == null || 1L << root.getKey().level() < slots) {
      throw new IllegalStateException(
          "Cannot merge metric states: of " + slots + " slots there is " + nodes.keySet());
    }
    return root.getValue();
  }

  byte[] encode() {
    long size = 0;
    for (Map.Entry<Node, byte[]> node : nodes.entrySet()) {
      size += node.getValue().length;
    }
    if (size > Integer.MAX_VALUE / 2) {
      fault =
          "Cannot merge metric states: on one executor they have "
              + size
              + " bytes, more than "
              + Integer.MAX_VALUE / 2
              + "; gather sums or histograms instead of values";
      nodes.clear();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(slots);
      out.writeUTF(fault.substring(0, Math.min(fault.length(), 1 << 13)));
      out.writeInt(missing.size());
      for (int rank : missing) {
        out.writeInt(rank);
      }
      out.writeInt(nodes.size());
      for (Map.Entry<Node, byte[]> node : nodes.entrySet()) {
        out.writeInt(node.getKey().level());
        out.writeInt(node.getKey().index());
        out.writeInt(node.getValue().length);
        out.write(node.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // cannot happen: the bytes stay in memory
    }
    return bytes.toByteArray();
  }

  static StateTree decode(byte[] bytes) {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    try {
      StateTree tree = new StateTree(in.readInt());
      tree.fault = in.readUTF();
      for (int count = in.readInt(); count > 0; count--) {
        tree.missing.add(in.readInt());
      }
      for (int count = in.readInt(); count > 0; count--) {
        Node node = new Node(in.readInt(), in.readInt());
        tree.nodes.put(node, in.readNBytes(in.readInt()));
      }
      return tree;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
