package dev.muster.job.spark;

import dev.muster.job.runtime.GpuDevice;

/**
 * The GPU that Spark gave a task.
 *
 * @param name for the driver and for people
 * @param device where TensorFlow finds it in this process
 */
record SlotGpu(GpuName name, GpuDevice device) {}
