package dev.muster.job.cluster;

/** On Spark 3.5.5; of its tests the ordinary check runs one. */
class StandaloneIT extends StandaloneRuns {
  StandaloneIT() {
    super("3.5.5");
  }
}
