package dev.muster.job.spark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a slot does in a leg. One instance per task, made by a constructor without parameters; all
 * calls on the task's thread.
 */
interface SlotProgram extends AutoCloseable {
  /** Binds the listener for peers, which the program keeps, and says where it is reached. */
  InetSocketAddress listen(String executorHost) throws IOException;

  /** The GPU that Spark gave the task, told before {@link #run}; not called without one. */
  default void use(SlotGpu gpu) {}

  /**
   * Runs the leg.
   *
   * @param claimed the replica of the previous generation that was resident here. When the program
   *     throws, it is closed by the caller; a replica that the program has made itself is the
   *     program's to close
   * @return what stays resident; where it is not the claimed one, that is closed. Null: nothing
   */
  @Nullable Resident run(Seat seat, Optional<Resident> claimed, SlotLink link) throws Exception;

  /**
   * Whose failure an exception of this program is. What follows from another slot's failure must be
   * {@link FailureKind#INFRASTRUCTURE}: the driver then looks for the first cause elsewhere.
   */
  default FailureKind kindOf(Throwable failure) {
    return FailureKind.of(failure);
  }

  /** Called at the end of the task, seated or not: closes what the resident does not need. */
  @Override
  default void close() {}
}
