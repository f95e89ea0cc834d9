package dev.muster.job.spark;

import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;

/** What the user's Spark does about its network, which Muster's own connections follow. */
final class NetworkSecurity {
  private static final String AUTHENTICATION = "spark.authenticate";

  /** Each needs Spark's authentication, but for SSL, which brings its own. */
  private static final List<String> AUTHENTICATED_ENCRYPTION =
      List.of("spark.network.crypto.enabled", "spark.authenticate.enableSaslEncryption");

  private static final String SSL = "spark.ssl.rpc.enabled"; // Spark 4

  /** Spark makes its own on YARN, Kubernetes and in one JVM. */
  private static final List<String> SECRETS =
      List.of("spark.authenticate.secret", "spark.authenticate.secret.file");

  private NetworkSecurity() {}

  /** Whether what executors say to each other is to be encrypted. */
  static boolean isEncrypted(SparkConf conf) {
    return conf.getBoolean(SSL, false)
        || AUTHENTICATED_ENCRYPTION.stream().anyMatch(key -> conf.getBoolean(key, false));
  }

  /** What Spark's encryption of local files leaves out, if the user asked for it. */
  static Optional<String> warning(SparkConf conf) {
    return conf.getBoolean("spark.io.encryption.enabled", false)
        ? Optional.of(
            "spark.io.encryption.enabled=true covers Spark's own blocks: a slot's copy of its data"
                + " (muster-data-*) and checkpoints on their way lie in spark.local.dir readable by"
                + " this user alone, but not encrypted; use an encrypted disk")
        : Optional.empty();
  }

  /** What Spark would refuse when its context starts, in a sentence that says what to change. */
  static Optional<String> problem(SparkConf conf) {
    boolean authenticated = conf.getBoolean(AUTHENTICATION, false);
    String encryption =
        AUTHENTICATED_ENCRYPTION.stream()
            .filter(key -> conf.getBoolean(key, false))
            .findFirst()
            .orElse("");
    if (!authenticated && !encryption.isEmpty()) {
      return Optional.of(
          "Cannot encrypt the network: %s=true needs %s=true, found it off; set it to true"
              .formatted(encryption, AUTHENTICATION));
    }
    boolean needsSecret = Master.isStandalone(conf) || Master.isLocalCluster(conf);
    return authenticated && needsSecret && SECRETS.stream().noneMatch(conf::contains)
        ? Optional.of(
            ("Cannot authenticate on master %s: expected %s, found none; set it as the cluster's"
                    + " administrator says, in a properties file that you alone can read and not on"
                    + " the command line")
                .formatted(Master.of(conf), SECRETS.get(0)))
        : Optional.empty();
  }
}
