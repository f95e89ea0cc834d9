package dev.muster.job.spark;

import java.util.function.Function;

/** Whether this JVM is new enough, and what to change where it is not. Loads on Java 8. */
public final class JavaVersion {
  /** In every message about an old Java: the driver looks for it in why an executor was lost. */
  static final String EXPECTED = "expected 17 or later";

  private static final int NEEDED = 17;

  private JavaVersion() {}

  /**
   * Whether a version is older than what Muster needs.
   *
   * @param specification as {@code java.specification.version} has it: 1.8, 11, 17
   */
  public static boolean isTooOld(String specification) {
    String major =
        specification.startsWith("1.") ? specification.substring("1.".length()) : specification;
    try {
      return Integer.parseInt(major) < NEEDED;
    } catch (NumberFormatException e) { // a form that no old version has
      return false;
    }
  }

  /**
   * Says that an executor cannot be used.
   *
   * @param properties the system's
   */
  static String ofExecutor(String id, Function<String, String> properties) {
    return "Cannot use executor " + id + ": " + found(properties);
  }

  /**
   * Says that the driver cannot run, and what to submit with.
   *
   * @param properties the system's, with Spark's settings among them
   */
  public static String ofDriver(Function<String, String> properties) {
    String master = property(properties, "spark.master");
    boolean inCluster = property(properties, "spark.submit.deployMode").equals("cluster");
    String cure;
    if (inCluster && master.startsWith("yarn")) {
      cure = onYarn("spark.yarn.appMasterEnv.JAVA_HOME", "spark.executorEnv.JAVA_HOME");
    } else if (inCluster && master.startsWith("k8s")) {
      cure = "take an image with a JDK 17 (spark.kubernetes.container.image)";
    } else if (inCluster) {
      cure = "start the workers with JAVA_HOME set to a JDK 17";
    } else {
      cure = "set JAVA_HOME to a JDK 17 where spark-submit runs";
    }
    return "Cannot run: the driver's " + found(properties) + "; " + cure;
  }

  /** What to submit with for executors. */
  static String cureOfExecutors(String master) {
    if (master.startsWith("yarn")) {
      return onYarn("spark.executorEnv.JAVA_HOME", "spark.yarn.appMasterEnv.JAVA_HOME");
    }
    return master.startsWith("k8s")
        ? "take an image with a JDK 17 (spark.kubernetes.container.image)"
        : "start the workers with JAVA_HOME set to a JDK 17";
  }

  private static String onYarn(String first, String second) {
    return "submit with --conf "
        + first
        + "=DIR --conf "
        + second
        + "=DIR, where DIR is a JDK 17 on every node, or send one along: --archives"
        + " jdk17.tgz#jdk, with DIR=./jdk/ and the name of the folder in the archive";
  }

  private static String found(Function<String, String> properties) {
    return "Java is "
        + property(properties, "java.specification.version")
        + " ("
        + property(properties, "java.home")
        + "), "
        + EXPECTED;
  }

  private static String property(Function<String, String> properties, String name) {
    String value = properties.apply(name);
    return value == null ? "" : value;
  }
}
