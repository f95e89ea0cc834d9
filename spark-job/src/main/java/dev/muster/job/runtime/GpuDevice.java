package dev.muster.job.runtime;

/**
 * The GPU of a replica, as TensorFlow counts those of its process. Immutable.
 *
 * @param index the device's number among the visible ones: {@code /device:GPU:<index>}
 * @param visible the GPUs that the process uses, as CUDA counts them, in the order of the numbers;
 *     the same for all replicas of a process
 */
public record GpuDevice(int index, String visible) {
  /** What ops are placed on. */
  public String name() {
    return "/device:GPU:" + index;
  }
}
