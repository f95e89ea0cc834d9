package dev.muster.job.cluster;

import org.junit.jupiter.api.Tag;

/** The same job jar on Spark 4.1.1 and Scala 2.13. */
@Tag("full")
class StandaloneSpark4IT extends StandaloneRuns {
  StandaloneSpark4IT() {
    super("4.1.1");
  }
}
