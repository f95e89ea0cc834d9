package dev.muster.job.spark;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * A task's place in a generation.
 *
 * @param size the number of slots; ranks are 0 to size - 1
 * @param members the ring addresses, {@code host:port}, in rank order
 * @param secret 32 random bytes that the members of this generation, and nobody else, know
 * @param holders the ranks that came with a resident replica of the previous generation, ascending
 * @param order what to do in this leg, in the program's own format
 * @param executorSlots how many slots this rank's executor has, 0 if unknown
 */
record Seat(
    String trialId,
    long generation,
    int rank,
    int size,
    List<String> members,
    Blob secret,
    List<Integer> holders,
    Blob order,
    int executorSlots)
    implements Message {

  Seat {
    members = List.copyOf(members);
    holders = List.copyOf(holders);
    if (rank < 0 || rank >= size || members.size() != size) {
      throw new IllegalArgumentException(
          "Cannot seat rank %d: %d members of %d".formatted(rank, members.size(), size));
    }
  }

  /** True when the replica that this task has claimed keeps its state in this generation. */
  boolean holdsState() {
    return holders.contains(rank);
  }

  /** The hosts of the members, by rank. */
  List<String> hosts() {
    return members.stream().map(member -> member.substring(0, member.lastIndexOf(':'))).toList();
  }

  InetSocketAddress address(int member) {
    String text = members.get(member);
    int colon = text.lastIndexOf(':');
    return new InetSocketAddress(
        text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
  }

  @Override
  public void write(WireWriter out) {
    out.writeText(trialId);
    out.writeLong(generation);
    out.writeInt(rank);
    out.writeInt(size);
    out.writeList(members, out::writeText);
    out.writeBlob(secret);
    out.writeList(holders, out::writeInt);
    out.writeBlob(order);
    out.writeInt(executorSlots);
  }

  static Seat read(WireReader in) {
    return new Seat(
        in.readText(),
        in.readLong(),
        in.readInt(),
        in.readInt(),
        in.readList(in::readText),
        in.readBlob(),
        in.readList(in::readInt),
        in.readBlob(),
        in.readInt());
  }

  @Override
  public String toString() {
    return "rank %d of %d, generation %d of trial %s".formatted(rank, size, generation, trialId);
  }
}
