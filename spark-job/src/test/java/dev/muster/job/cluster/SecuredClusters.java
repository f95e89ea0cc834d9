package dev.muster.job.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A KDC, Hadoop's daemons that ask for its Kerberos, and jobs on them. */
final class SecuredClusters implements AutoCloseable {
  private final Path work;
  private final TestCluster kdc;
  private final TestCluster cluster;
  private final KerberosJobs jobs;

  /**
   * Starts them; skips the test where the machine cannot have them.
   *
   * @param kind {@code hdfs}, or {@code yarn} with it
   * @param work takes what they write
   */
  SecuredClusters(String kind, Path work) throws Exception {
    Path sparkHome = Scripts.sparkDistribution(); // where there is none, skip before the clusters
    this.work = Files.createDirectories(work);
    kdc = TestCluster.kdc(work.resolve("kdc"));
    try {
      cluster = TestCluster.secured(kind, work.resolve(kind), kdc);
    } catch (Throwable e) {
      kdc.close();
      throw e;
    }
    try {
      jobs = new KerberosJobs(kdc, cluster, work, sparkHome);
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  TestCluster kdc() {
    return kdc;
  }

  TestCluster cluster() {
    return cluster;
  }

  KerberosJobs jobs() {
    return jobs;
  }

  /** Stops all, and sees that no process is left. */
  @Override
  public void close() {
    try (kdc;
        cluster) {
      // the cluster first
    }
    ProcessTable.awaitNone("-Dmuster.testcluster=" + work, Duration.ofSeconds(10));
  }
}
