package dev.muster.job.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * Reads an experiment on Kerberized HDFS back, in a process of its own: who is logged in to Hadoop,
 * and how, is one for a JVM, and that of the tests shall not be alice's.
 */
public final class SecuredReadBack {
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private SecuredReadBack() {}

  /**
   * Reads result and checkpoints back as alice, and records the row of {@link ClusterTable}.
   *
   * @param row manager, deploy mode, Spark's version and note
   * @return {@code result.json} on one line, then one line for each checkpoint that was read
   */
  static List<String> run(
      TestCluster kdc,
      TestCluster hdfs,
      String experiment,
      Path driverLog,
      Duration took,
      String... row)
      throws Exception {
    Path out = Files.createTempFile("muster-read-back", ".txt");
    try {
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-XX:TieredStopAtLevel=1",
                  kdc.krb5Option(),
                  "-cp",
                  hdfs.hadoopConfDir()
                      + ":"
                      + System.getProperty(
                          "surefire.test.class.path", System.getProperty("java.class.path")),
                  SecuredReadBack.class.getName(),
                  kdc.principal(),
                  kdc.keytab().toString(),
                  experiment,
                  driverLog.toString(),
                  took.toString(),
                  out.toString()));
      command.addAll(Arrays.asList(row));
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(driverLog.resolveSibling("read-back.log").toFile())
              .start();
      if (ChildProcess.await(process, DEADLINE, "the reader of " + experiment) != 0) {
        throw new AssertionError(
            "Cannot read back "
                + experiment
                + ": "
                + Files.readString(driverLog.resolveSibling("read-back.log")));
      }
      return Files.readAllLines(out);
    } finally {
      Files.delete(out);
    }
  }

  /** See {@link #run}. */
  public static void main(String[] arguments) throws Exception {
    UserGroupInformation.setConfiguration(new Configuration());
    UserGroupInformation.loginUserFromKeytab(arguments[0], arguments[1]);
    StoredExperiment experiment = new StoredExperiment(arguments[2]);
    List<String> lines = new ArrayList<>();
    lines.add(experiment.result().toString());
    lines.addAll(experiment.verifiedCheckpoints());
    Files.write(Path.of(arguments[5]), lines);
    if (arguments.length > 6) {
      ClusterTable.row(arguments[6], arguments[7], arguments[8], false, arguments[9])
          .hosts(Files.readString(Path.of(arguments[3])))
          .jarsSent()
          .took(Duration.parse(arguments[4]))
          .readBack(experiment);
    }
  }
}
