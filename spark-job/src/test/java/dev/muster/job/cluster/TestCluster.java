package dev.muster.job.cluster;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Real HDFS, YARN or Spark's own cluster manager beside it, or Kubernetes, of one machine, started
 * by {@code scripts/testcluster}.
 *
 * <p>Opened in {@code @BeforeAll}, closed in {@code @AfterAll}; goes down by itself if the test's
 * JVM dies before. Skips the test where the machine cannot have it.
 */
public final class TestCluster implements AutoCloseable {
  private final Path directory;
  private final Map<String, String> facts;

  private TestCluster(String kind, Path directory, String... options) {
    this.directory = directory.toAbsolutePath();
    String owner = Long.toString(ProcessHandle.current().pid());
    List<String> arguments = new ArrayList<>(List.of("up", kind));
    arguments.addAll(List.of("--dir", this.directory.toString(), "--owner", owner));
    arguments.addAll(List.of(options));
    this.facts =
        started(arguments.toArray(String[]::new))
            .lines()
            .map(line -> line.split("=", 2))
            .collect(Collectors.toUnmodifiableMap(pair -> pair[0], pair -> pair[1]));
  }

  /**
   * Tries a second time: the ports are free when they are chosen, but a connection of this machine
   * may have taken one before its daemon listens.
   */
  private static String started(String... arguments) {
    try {
      return Scripts.output("testcluster", arguments);
    } catch (AssertionError e) {
      System.err.println("Starts the cluster once more: " + e.getMessage());
      return Scripts.output("testcluster", arguments);
    }
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

  /** API server, etcd and controller manager, and a stand-in for a node: needs root. */
  public static TestCluster kubernetes(Path directory) {
    return new TestCluster("kubernetes", directory);
  }

  /**
   * YARN as {@link #yarn(Path)}, with options of the script: {@code --nodes 2}, {@code
   * --log-aggregation}, {@code --node-java HOME}.
   */
  static TestCluster yarnWith(Path directory, String... options) {
    return new TestCluster("yarn", directory, options);
  }

  /** The aggregated logs of an application that has ended, as {@code yarn logs} prints them. */
  String aggregatedLogs(String applicationId) {
    return Scripts.output("testcluster", "logs", applicationId, "--dir", directory.toString());
  }

  /**
   * HDFS as {@link #hdfs}, a Master of Spark's and two Workers of 4 cores and 4096 MB that name
   * their hosts 127.0.0.1 and localhost.
   *
   * @param sparkVersion {@code 3.5.5}, {@code 3.5.6} or {@code 4.1.1}
   */
  public static TestCluster standalone(Path directory, String sparkVersion) {
    return new TestCluster("standalone", directory, "--spark", sparkVersion);
  }

  /** {@code spark://127.0.0.1:PORT}; only of {@link #standalone}. */
  public String sparkMaster() {
    return fact("spark.master");
  }

  /** The Spark that the daemons run; only of {@link #standalone}. */
  public Path sparkHome() {
    return Path.of(fact("SPARK_HOME"));
  }

  /** Where each Worker keeps the logs of its executors and drivers; only of {@link #standalone}. */
  public List<Path> sparkWorkerDirectories() {
    return Stream.of(fact("spark.worker.dirs").split(",", -1)).map(Path::of).toList();
  }

  /** A Kerberos KDC alone, whose user is alice. */
  public static TestCluster kdc(Path directory) {
    return new TestCluster("kdc", directory);
  }

  /**
   * HDFS or YARN as above, which ask for the tickets of {@link #kdc}; delegation tokens live 80 s.
   */
  public static TestCluster secured(String kind, Path directory, TestCluster kdc) {
    return new TestCluster(kind, directory, "--kdc", kdc.directory.toString());
  }

  /** What makes a JVM ask the KDC; only of {@link #kdc}. */
  public String krb5Option() {
    return "-Djava.security.krb5.conf=" + krb5Conf();
  }

  /** The file that names the KDC; only of {@link #kdc}. */
  Path krb5Conf() {
    return Path.of(fact("krb5.conf"));
  }

  /** Alice's name with its realm; only of {@link #kdc}. */
  public String principal() {
    return fact("principal");
  }

  /** Alice's keytab; only of {@link #kdc}. */
  public Path keytab() {
    return Path.of(fact("keytab"));
  }

  /** A ticket for alice in a new cache, which ends after that time; only of {@link #kdc}. */
  public Path ticket(Path cache, Duration life) {
    Scripts.output(
        "testcluster.d/kinit",
        Objects.requireNonNull(keytab().getParent()).toString(),
        cache.toAbsolutePath().toString(),
        Long.toString(life.toSeconds()));
    return cache.toAbsolutePath();
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

  /** What the cluster has printed under this key. */
  String fact(String key) {
    String value = facts.get(key);
    if (value == null) {
      throw new IllegalStateException(
          "Cannot tell " + key + ": the cluster in " + directory + " has only " + facts.keySet());
    }
    return value;
  }
}
