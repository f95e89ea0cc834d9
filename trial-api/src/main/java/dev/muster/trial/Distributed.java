package dev.muster.trial;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which slot this is, and small values from slot to slot.
 *
 * <p>{@link #gather}, {@link #allGather} and {@link #broadcast} are calls that all slots make, the
 * same ones in the same order, on the slot's own thread: in hooks that every slot calls, once the
 * slots are connected ({@code afterCreateSession} and later). A call that some slot does not make
 * fails the leg after the experiment's {@code resources.progress_timeout_s}. Values cross by Java
 * serialization, at most 16 MiB each, and are read with the trial's class loader. On the driver,
 * and with one slot, they answer at once with the one value.
 */
public abstract class Distributed {
  /** For Muster's own implementations. */
  protected Distributed() {}

  /** The one slot of a trial that has no others. */
  public static Distributed single() {
    return SingleSlot.INSTANCE;
  }

  /** The slot's rank, from 0 to size - 1. */
  public abstract int rank();

  /** The number of slots. */
  public abstract int size();

  /** The slot's place among those of its host, in the order of their ranks, from 0. */
  public abstract int localRank();

  /** The slots on this host. */
  public abstract int localSize();

  /** The place of the slot's host among the hosts, in the order of their lowest ranks, from 0. */
  public abstract int crossRank();

  /** The number of hosts. */
  public abstract int crossSize();

  /** Whether this is rank 0, which writes the model of a checkpoint. */
  public final boolean isChief() {
    return rank() == 0;
  }

  /**
   * Hands the values of all slots to the chief.
   *
   * @return by rank on the chief, empty on the others
   * @throws TrialException if the value cannot be sent, or the slots are not connected
   */
  public abstract <T extends Serializable> List<T> gather(T value);

  /**
   * Hands the values of all slots to all slots.
   *
   * @return by rank
   * @throws TrialException as of {@link #gather}
   */
  public abstract <T extends Serializable> List<T> allGather(T value);

  /**
   * Hands the chief's value to all slots.
   *
   * @param value of the chief; on other slots it is not looked at and may be null
   * @throws TrialException as of {@link #gather}, or if the chief's value is null
   */
  public abstract <T extends Serializable> T broadcast(@Nullable T value);
}
