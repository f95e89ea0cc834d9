package dev.muster.job.checkpoint;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/** What Hadoop's clients are told: the class path's files, then the caller's properties. */
final class HadoopConfigurations {
  /** For calls that somebody waits for: seconds instead of a quarter of an hour. */
  private static final Map<String, String> IMPATIENT =
      Map.ofEntries(
          Map.entry("ipc.client.connect.timeout", "4000"),
          Map.entry("ipc.client.connect.max.retries", "1"),
          Map.entry("ipc.client.connect.retry.interval", "500"),
          Map.entry("ipc.client.connect.max.retries.on.timeouts", "1"),
          Map.entry("ipc.client.connect.max.retries.on.sasl", "1"),
          Map.entry("ipc.client.rpc-timeout.ms", "10000"),
          Map.entry("dfs.client.failover.max.attempts", "3"),
          Map.entry("dfs.client.failover.sleep.base.millis", "200"),
          Map.entry("dfs.client.failover.sleep.max.millis", "1000"),
          Map.entry("fs.s3a.attempts.maximum", "2"),
          Map.entry("fs.s3a.retry.limit", "1"),
          Map.entry("fs.s3a.connection.establish.timeout", "4000"));

  private HadoopConfigurations() {}

  static Configuration of(Map<String, String> properties) {
    Configuration conf = new Configuration();
    // Hadoop's shutdown hook would close the file system under a driver that writes its last
    // result in its own hook; the one who opened it closes it.
    conf.setBoolean("fs.automatic.close", false);
    properties.forEach(conf::set);
    return conf;
  }

  /**
   * What is set, by the class path's files or the caller, with variables as they were written:
   * makes another JVM's configuration this one's, though it may have other files or none.
   */
  static Map<String, String> set(Map<String, String> properties) {
    Configuration conf = of(properties);
    Map<String, String> set = new TreeMap<>();
    for (Map.Entry<String, String> property : conf) {
      String[] sources = conf.getPropertySources(property.getKey());
      if (sources == null
          || Stream.of(sources).anyMatch(source -> !source.endsWith("-default.xml"))) {
        set.put(property.getKey(), property.getValue());
      }
    }
    return set;
  }

  static Configuration impatient(Map<String, String> properties) {
    Configuration conf = of(properties);
    IMPATIENT.forEach(conf::set);
    return conf;
  }
}
