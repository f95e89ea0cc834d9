package dev.muster.job.spark;

import org.apache.spark.SparkUserAppException;

/** How the driver's process ends, which depends on who runs it. */
public final class DriverEnd {
  private DriverEnd() {}

  /**
   * Ends the process, or returns where returning from {@code main} is the end: in YARN's cluster
   * mode an exit before {@code main} has returned counts as a failure and is tried again.
   *
   * @param exit how the run ended
   * @throws SparkUserAppException which YARN's application master takes for the exit code
   */
  public static void end(JobExit exit) throws SparkUserAppException {
    String master = System.getProperty("spark.master", "");
    String deployMode = System.getProperty("spark.submit.deployMode", "client");
    if (master.startsWith("yarn") && deployMode.equals("cluster")) {
      if (exit != JobExit.DONE && exit != JobExit.STOPPED) {
        throw new SparkUserAppException(exit.code());
      }
      return;
    }
    // Other libraries leave threads that are no daemons.
    System.exit(exit.code());
  }
}
