package dev.muster.job.spark;

/** What a gang asks about the executors. Thread-safe. */
interface Cluster {
  /** How many slots an executor has, 0 if unknown. */
  int slotsOf(String executorId);

  /** How many executors and slots there are, for people. */
  String describe();
}
