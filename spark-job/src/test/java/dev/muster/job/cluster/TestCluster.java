package dev.muster.job.cluster;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Real HDFS, and YARN on it, of one machine on 127.0.0.1, started by {@code scripts/testcluster}.
 *
 * <p>Opened in {@code @BeforeAll}, closed in {@code @AfterAll}; goes down by itself if the test's
 * JVM dies before. Skips the test where the machine cannot have it.
 */
public final class TestCluster implements AutoCloseable {
  private final Path directory;
  private final Map<String, String> facts;

  private TestCluster(String kind, Path directory) {
    this.directory = directory.toAbsolutePath();
    String owner = Long.toString(ProcessHandle.current().pid());
    String printed =
        Scripts.output(
            "testcluster", "up", kind, "--dir", this.directory.toString(), "--owner", owner);
    this.facts =
        printed
            .lines()
            .map(line -> line.split("=", 2))
            .collect(Collectors.toUnmodifiableMap(pair -> pair[0], pair -> pair[1]));
  }

  /**
   * NameNode and DataNode, with an empty file system; what the directory held of an earlier one
   * goes.
   */
  public static TestCluster hdfs(Path directory) {
    return new TestCluster("hdfs", directory);
  }

  /** HDFS as {@link #hdfs}, with a ResourceManager and a NodeManager of 8192 MB and 8 vcores. */
  public static TestCluster yarn(Path directory) {
    return new TestCluster("yarn", directory);
  }

  /** The directory with {@code core-site.xml} and the others, for {@code HADOOP_CONF_DIR}. */
  public Path hadoopConfDir() {
    return Path.of(fact("HADOOP_CONF_DIR"));
  }

  /** {@code hdfs://127.0.0.1:PORT}, no slash at the end. */
  public String defaultFs() {
    return fact("fs.defaultFS");
  }

  /** The applications of this cluster's ResourceManager; only of {@link #yarn}. */
  public YarnApplications applications() {
    return new YarnApplications(
        URI.create(fact("yarn.resourcemanager.webapp")),
        Path.of(fact("yarn.nodemanager.log-dirs")));
  }

  /** Stops the daemons and all containers; idempotent. */
  @Override
  public void close() {
    Scripts.output("testcluster", "down", "--dir", directory.toString());
  }

  private String fact(String key) {
    String value = facts.get(key);
    if (value == null) {
      throw new IllegalStateException(
          "Cannot tell " + key + ": the cluster in " + directory + " has only " + facts.keySet());
    }
    return value;
  }
}
