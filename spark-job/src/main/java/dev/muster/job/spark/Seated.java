package dev.muster.job.spark;

/**
 * A slot of a formed generation.
 *
 * @param gpu its own; none on the CPU
 * @param holdsState whether it came with a resident replica of the previous generation
 */
record Seated(int rank, String host, String executorId, GpuName gpu, boolean holdsState) {}
