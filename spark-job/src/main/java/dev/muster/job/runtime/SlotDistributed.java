package dev.muster.job.runtime;

import dev.muster.job.collective.Collective;
import dev.muster.trial.Distributed;
import dev.muster.trial.TrialException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a trial as one of them sees them. Who it is, any thread may ask; values are
 * exchanged over the ring of the generation, on the slot's thread, between steps.
 */
final class SlotDistributed extends Distributed {
  private final int rank;
  private final int size;
  private volatile List<String> hosts = List.of();
  private @Nullable Collective ring;
  private @Nullable Thread owner;
  private boolean onDriver;

  SlotDistributed(int rank, int size) {
    this.rank = rank;
    this.size = size;
  }

  /** The driver builds the trial too, and has nobody to talk to. */
  void onDriver() {
    onDriver = true;
  }

  /**
   * Where the slots are now.
   *
   * @param hostOfRank by rank; empty where all are on this host
   */
  void placed(List<String> hostOfRank) {
    hosts = List.copyOf(hostOfRank);
  }

  /** The slots are connected; by the slot's thread. */
  void joined(Collective generation) {
    ring = generation;
    owner = Thread.currentThread();
  }

  void left() {
    ring = null;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  private String host(int ofRank) {
    List<String> now = hosts;
    return now.isEmpty() ? "" : now.get(ofRank);
  }

  private int neighbours(int below) {
    String own = host(rank);
    int count = 0;
    for (int other = 0; other < below; other++) {
      count += host(other).equals(own) ? 1 : 0;
    }
    return count;
  }

  @Override
  public int localRank() {
    return neighbours(rank);
  }

  @Override
  public int localSize() {
    return neighbours(size);
  }

  private List<String> distinctHosts() {
    LinkedHashSet<String> distinct = new LinkedHashSet<>();
    for (int other = 0; other < size; other++) {
      distinct.add(host(other));
    }
    return List.copyOf(distinct);
  }

  @Override
  public int crossRank() {
    return distinctHosts().indexOf(host(rank));
  }

  @Override
  public int crossSize() {
    return distinctHosts().size();
  }

  @Override
  public <T extends Serializable> List<T> gather(T value) {
    List<T> all = exchange("gather", value);
    return isAlone() || isChief() ? all : List.of();
  }

  @Override
  public <T extends Serializable> List<T> allGather(T value) {
    return exchange("allGather", value);
  }

  private <T extends Serializable> List<T> exchange(String method, T value) {
    byte[] mine = encode(method, value);
    if (isAlone()) {
      return List.of(value);
    }
    List<T> all = new ArrayList<>();
    for (byte[] bytes : connected(method).allGather(mine)) {
      all.add(decode(method, bytes));
    }
    return List.copyOf(all);
  }

  @Override
  public <T extends Serializable> T broadcast(@Nullable T value) {
    if (isAlone() || isChief()) {
      if (value == null) {
        throw new TrialException("Cannot broadcast: the chief's value is null");
      }
    }
    if (isAlone()) {
      return java.util.Objects.requireNonNull(value);
    }
    Collective connected = connected("broadcast");
    byte[] bytes = isChief() ? encode("broadcast", value) : new byte[0];
    ByteBuffer length = ByteBuffer.allocateDirect(Integer.BYTES).putInt(0, bytes.length);
    connected.broadcast(0, length);
    ByteBuffer content = ByteBuffer.allocateDirect(checkedLength(length.getInt(0)));
    content.duplicate().put(bytes);
    connected.broadcast(0, content);
    byte[] received = new byte[content.remaining()];
    content.duplicate().get(received);
    return decode("broadcast", received);
  }

  private static int checkedLength(int length) {
    if (length < 0 || length > Collective.MAX_GATHERED_BYTES) {
      throw new IllegalStateException("Cannot broadcast: a value has " + length + " bytes");
    }
    return length;
  }

  private boolean isAlone() {
    return size == 1 || onDriver;
  }

  private Collective connected(String method) {
    Collective connected = ring;
    if (connected == null) {
      throw new TrialException(
          "Cannot call distributed()."
              + method
              + " before the slots are connected; call it in a hook, from afterCreateSession on");
    }
    if (Thread.currentThread() != owner) {
      throw new TrialException(
          "Cannot call distributed()."
              + method
              + " on thread "
              + Thread.currentThread().getName()
              + ": expected the slot's own; call it in a hook");
    }
    return connected;
  }

  private static byte[] encode(String method, @Nullable Serializable value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(value);
    } catch (IOException e) {
      throw new TrialException(
          "Cannot send a value by distributed()."
              + method
              + ": "
              + e
              + "; it must be serializable with all that it holds",
          e);
    }
    if (bytes.size() > Collective.MAX_GATHERED_BYTES) {
      throw new TrialException(
          "Cannot send a value by distributed()."
              + method
              + ": expected at most "
              + Collective.MAX_GATHERED_BYTES
              + " bytes, found "
              + bytes.size());
    }
    return bytes.toByteArray();
  }

  @SuppressWarnings("unchecked") // all slots run the same call
  private static <T> T decode(String method, byte[] bytes) {
    try {
      return (T) TrialObjectInput.readObject(bytes);
    } catch (IOException | ClassNotFoundException e) {
      throw new TrialException(
          "Cannot read a value that distributed()." + method + " brought: " + e, e);
    }
  }
}
