package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Why an executor was lost, as Spark and YARN write it. */
final class OldJavaTest {
  @Test
  void thePluginsOwnWordsAreFoundInSparksReason() {
    String said =
        JavaVersion.ofExecutor(
            "3", Map.of("java.specification.version", "11", "java.home", "/opt/jre")::get);

    assertThat(OldJava.in("Unable to create executor due to " + said)).contains(said);
    assertThat(said)
        .isEqualTo("Cannot use executor 3: Java is 11 (/opt/jre), expected 17 or later");
  }

  @Test
  void aClassOfANewerJavaInTheContainersLogIsFound() {
    assertThat(
            OldJava.in(
                """
                Container from a bad node: container_1_0001_01_000002 on host: h. Exit status: 1.
                java.lang.UnsupportedClassVersionError: org/apache/spark/executor/Y has been compiled by a more recent version of the Java Runtime (class file version 61.0), this version of the Java Runtime only recognizes class file versions up to 52.0
                """))
        .contains("Cannot use an executor: Java is 8, expected 17 or later");
  }

  @Test
  void otherReasonsAreLeftAlone() {
    assertThat(OldJava.in("Executor heartbeat timed out after 120000 ms")).isEmpty();
  }
}
