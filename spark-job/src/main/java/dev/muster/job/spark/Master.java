package dev.muster.job.spark;

import org.apache.spark.SparkConf;

/** What kind of cluster manager a run goes to, by {@code spark.master} and the deploy mode. */
final class Master {
  private Master() {}

  static String of(SparkConf conf) {
    return conf.get("spark.master", "");
  }

  /** Whether all slots are threads of the driver's process. */
  static boolean isLocal(SparkConf conf) {
    return of(conf).startsWith("local") && !isLocalCluster(conf);
  }

  static boolean isLocalCluster(SparkConf conf) {
    return of(conf).startsWith("local-cluster");
  }

  static boolean isStandalone(SparkConf conf) {
    return of(conf).startsWith("spark://");
  }

  static boolean isYarn(SparkConf conf) {
    return of(conf).startsWith("yarn");
  }

  static boolean isKubernetes(SparkConf conf) {
    return of(conf).startsWith("k8s");
  }

  /** Whether the manager ends executors that take more memory than they asked for. */
  static boolean isContained(SparkConf conf) {
    return isYarn(conf) || isKubernetes(conf);
  }

  /** Whether spark-submit had the driver started on the cluster, as the driver is told. */
  static boolean isClusterMode(SparkConf conf) {
    return conf.get("spark.submit.deployMode", "client").equals("cluster");
  }
}
