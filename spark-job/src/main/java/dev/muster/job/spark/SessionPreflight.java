package dev.muster.job.spark;

import dev.muster.job.checkpoint.Storage;
import dev.muster.job.runtime.TrialCheck;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/** The part of the pre-flight that needs a Spark session. Confined to the driver's thread. */
final class SessionPreflight {
  private final Sources sources;
  private final SparkSession spark;
  private final TrialCheck trial;
  private final int slots;
  private final Preflight preflight;

  SessionPreflight(Sources sources, TrialCheck trial, int slots, Preflight preflight) {
    this.sources = sources;
    this.spark = sources.spark();
    this.trial = trial;
    this.slots = slots;
    this.preflight = preflight;
  }

  /**
   * Looks at the executors, then at the data.
   *
   * @param joinDeadline how long to wait for all slots
   * @throws GangException when they have not come by then
   */
  void look(Storage storage, Duration joinDeadline, Consumer<String> lines)
      throws GangException, InterruptedException {
    List<Finding> cluster =
        new ClusterPreflight(new Legs(spark.sparkContext()), storage, slots, lines)
            .run(joinDeadline);
    preflight.add(cluster);
    lookAtData();
  }

  /** Looks at the data alone. */
  void lookAtData() throws InterruptedException {
    SparkConf conf = spark.sparkContext().getConf();
    preflight.add(new DataCheck(sources, trial, slots, LocalDirectories.first(conf)).findings());
  }
}
