package dev.muster.job.spark;

import java.util.List;
import org.apache.spark.SparkConf;

/**
 * The packages of Java's own modules that Spark reaches into. Spark's launcher opens them for
 * spark-submit and for executors, but not for the driver of a standalone cluster's cluster mode.
 */
final class JavaModules {
  /** What Spark's launcher opens ({@code org.apache.spark.launcher.JavaModuleOptions}). */
  private static final List<String> OPENED_BY_SPARK =
      List.of(
          "java.base/java.lang",
          "java.base/java.lang.invoke",
          "java.base/java.lang.reflect",
          "java.base/java.io",
          "java.base/java.net",
          "java.base/java.nio",
          "java.base/java.util",
          "java.base/java.util.concurrent",
          "java.base/java.util.concurrent.atomic",
          "java.base/jdk.internal.ref",
          "java.base/sun.nio.ch",
          "java.base/sun.nio.cs",
          "java.base/sun.security.action",
          "java.base/sun.util.calendar",
          "java.security.jgss/sun.security.krb5");

  /** Those without which no context starts, or no task is sent. */
  private static final List<String> NEEDED =
      List.of("java.lang", "java.lang.invoke", "java.nio", "java.util", "sun.nio.ch");

  private JavaModules() {}

  /**
   * Refuses to start a context that could not start.
   *
   * @throws JobException with the packages that are closed, and the option that opens them
   */
  static void check(SparkConf conf) throws JobException {
    check(conf, NEEDED.stream().filter(JavaModules::isClosed).toList());
  }

  /** As {@link #check(SparkConf)}, told which packages are closed. */
  static void check(SparkConf conf, List<String> closed) throws JobException {
    if (!closed.isEmpty()) {
      throw new JobException(
          JobExit.SETUP,
          "Cannot start Spark on Java %d: expected packages of java.base that Spark opens for itself, found %s closed in this driver's JVM; %s"
              .formatted(Runtime.version().feature(), String.join(", ", closed), cure(conf)));
    }
  }

  private static String cure(SparkConf conf) {
    return Master.isClusterMode(conf)
        ? "a standalone cluster does not open them in cluster mode, so submit with --driver-java-options \""
            + String.join(" ", options())
            + "\" (scripts/submit does)"
        : "start the driver by spark-submit, or java with " + String.join(" ", options());
  }

  /** The options of {@code java} that open what Spark's launcher opens. */
  static List<String> options() {
    return OPENED_BY_SPARK.stream().map(name -> "--add-opens=" + name + "=ALL-UNNAMED").toList();
  }

  private static boolean isClosed(String packageName) {
    return !Object.class.getModule().isOpen(packageName, JavaModules.class.getModule());
  }
}
