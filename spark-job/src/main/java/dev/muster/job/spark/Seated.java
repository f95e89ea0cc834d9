package dev.muster.job.spark;

/**
 * A slot of a formed generation.
 *
 * @param holdsState whether it came with a resident replica of the previous generation
 */
record Seated(int rank, String host, String executorId, boolean holdsState) {}
