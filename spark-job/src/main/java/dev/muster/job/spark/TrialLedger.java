package dev.muster.job.spark;

import java.util.List;

/** Which generations a trial has had and where the replicas of the newest one live. Thread-safe. */
final class TrialLedger {
  private long newest;
  private long formed;
  private long completed;
  private boolean released;
  private List<Seated> replicas = List.of();

  synchronized long nextGeneration() {
    released = false;
    return ++newest;
  }

  /** The generation whose replicas hold the state, 0 if none. */
  synchronized long completedGeneration() {
    return completed;
  }

  /** The slots of the completed generation, in rank order. */
  synchronized List<Seated> replicas() {
    return replicas;
  }

  synchronized void formed(long generation) {
    formed = Math.max(formed, generation);
  }

  synchronized void completed(long generation, List<Seated> members) {
    formed(generation);
    completed = generation;
    replicas = members;
  }

  /** The trial needs no replicas any more, or those of a broken generation hold no state. */
  synchronized void released() {
    released = true;
    completed = 0;
    replicas = List.of();
  }

  /** Whether an idle replica of this generation is of no more use. */
  synchronized boolean isObsolete(long generation) {
    return released || generation < formed || generation < completed;
  }
}
