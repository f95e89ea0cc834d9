package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same job jar on Spark's versions and Java's, on executors of {@code local-cluster}. */
@Tag("full")
class SparkVersionsIT {
  private static final Path WORK = Path.of("target/it/versions").toAbsolutePath();
  private static final Duration DEADLINE = Duration.ofMinutes(12);

  private static @Nullable TestCluster running;

  @BeforeAll
  static void startStorage() throws Exception {
    Files.createDirectories(WORK);
    running = TestCluster.hdfs(WORK.resolve("cluster"));
  }

  @AfterAll
  static void stopStorage() {
    if (running != null) {
      running.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.5.5", "3.5.6", "4.1.1"})
  void oneJarTrainsOnEveryVersionOfSpark(String version) throws Exception {
    train(version, "java17-" + version, "", null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.5.5", "3.5.6"})
  void trainsOnJava21(String version) throws Exception {
    train(version, "java21-" + version, "Java 21", Scripts.java21());
  }

  private static void train(String version, String name, String note, @Nullable Path java)
      throws Exception {
    TestCluster cluster = Objects.requireNonNull(running, "the cluster was not started");
    Path file = Files.createDirectories(WORK.resolve(name)).resolve("digits.yaml");
    Files.writeString(file, DigitsExperiment.yaml(cluster.defaultFs()));
    SparkSubmit submit =
        SparkSubmit.to("local-cluster[2,1,1024]", Scripts.sparkDistribution(version))
            .environment("HADOOP_CONF_DIR", cluster.hadoopConfDir().toString())
            .conf("spark.executor.memory", "512m")
            .conf("spark.driver.memory", "512m")
            .conf("spark.sql.shuffle.partitions", "2")
            .jar(JobJars.digits(WORK).toString());
    if (java != null) {
      submit.environment("JAVA_HOME", java.toString());
    }
    long start = System.nanoTime();
    Submission.Result result =
        submit.run(
            DEADLINE,
            WORK.resolve(name).resolve("submit.log"),
            JobJars.job().toString(),
            "run",
            file.toString(),
            "--name",
            name);

    assertThat(result.exitCode()).as(result.output()).isZero();
    ClusterTable.row("local-cluster", "client", version, false, note)
        .hosts(result.output())
        .jarsSent()
        .took(Duration.ofNanos(System.nanoTime() - start))
        .readBack(new StoredExperiment(cluster.defaultFs() + "/experiments/" + name));
  }
}
