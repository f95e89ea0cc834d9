package dev.muster.trial.data;

/** How the slots share the records of a data set. */
public enum Sharding {
  /** Record i goes to slot i mod size: the slots read all records together, each once in a pass. */
  BY_RECORD,
  /**
   * Every slot reads all records, in the same order: the slots' batches are the same. A pass over
   * the data takes as many steps as one slot needs to read all of it, and records are counted once
   * for each slot that reads them.
   */
  NONE
}
