package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class JavaModulesTest {
  private static JobException closed(SparkConf conf) {
    return catchThrowableOfType(
        JobException.class, () -> JavaModules.check(conf, List.of("java.nio", "sun.nio.ch")));
  }

  @Test
  void aJvmThatHasTheOptionsIsInOrder() {
    assertThatCode(() -> JavaModules.check(new SparkConf(false))).doesNotThrowAnyException();
  }

  @Test
  void closedPackagesInClusterModeAreNamedWithTheOptionThatOpensThem() {
    JobException failure = closed(new SparkConf(false).set("spark.submit.deployMode", "cluster"));

    assertThat(failure.exit()).isEqualTo(JobExit.SETUP);
    assertThat(failure)
        .hasMessageStartingWith("Cannot start Spark on Java " + Runtime.version().feature())
        .hasMessageContaining("found java.nio, sun.nio.ch closed in this driver's JVM")
        .hasMessageContaining(
            "submit with --driver-java-options \"--add-opens=java.base/java.lang=");
  }

  @Test
  void closedPackagesElsewhereAskForSparkSubmit() {
    assertThat(closed(new SparkConf(false)))
        .hasMessageContaining("start the driver by spark-submit");
  }

  /** Spark's own launcher is the source of the list. */
  @Test
  void theOptionsAreSparksOwn() throws Exception {
    Object options =
        Class.forName("org.apache.spark.launcher.JavaModuleOptions") // in no artifact of our pom
            .getMethod("defaultModuleOptions")
            .invoke(null);
    String message =
        String.valueOf(
            closed(new SparkConf(false).set("spark.submit.deployMode", "cluster")).getMessage());
    List<String> missing =
        List.of(options.toString().split(" ")).stream()
            .filter(option -> option.startsWith("--add-opens="))
            .filter(option -> !message.contains(option))
            .toList();

    assertThat(missing).isEmpty();
  }
}
