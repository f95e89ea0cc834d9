package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.checkpoint.HadoopLogin;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

/** The file systems that Spark is told to get tokens for; the rest is KerberosIT's. */
class CredentialCheckTest {
  private static final HadoopLogin LOGIN =
      new HadoopLogin(Map.of("fs.defaultFS", "hdfs://main:8020"));

  private final SparkConf conf = new SparkConf(false);

  private Optional<String> added(String storage, Map<String, Object> data) {
    return CredentialCheck.addFileSystems(conf, LOGIN, storage, data)
        .map(SparkSettings.Setting::value);
  }

  @Test
  void fileSystemsOfStorageAndDataAreAddedOnce() {
    Map<String, Object> data =
        Map.of(
            "train",
            List.of("hdfs://data:8020/train", "hdfs://other/x"),
            "options",
            Map.of("more", "hdfs://data:8020/{a,b}/*.idx", "epochs", 3));

    assertThat(added("hdfs://other/experiments", data))
        .hasValueSatisfying(
            value ->
                assertThat(value.split(","))
                    .startsWith("hdfs://other")
                    .containsExactlyInAnyOrder("hdfs://other", "hdfs://data:8020"));
    assertThat(added("hdfs://other/experiments", data)).isEmpty();
  }

  @Test
  void whatTheUserSetStaysInFront() {
    conf.set(CredentialCheck.FILE_SYSTEMS, "hdfs://mine:8020, hdfs://other/");

    assertThat(added("hdfs://third/experiments", Map.of("train", "hdfs://other/train")))
        .contains("hdfs://mine:8020,hdfs://other/,hdfs://third");
  }

  @Test
  void defaultFileSystemAndThoseWithoutTokensAreLeftOut() {
    Map<String, Object> data =
        Map.of("a", "hdfs:///train", "b", "file:///train", "c", "s3a://bucket/x", "d", "text");

    assertThat(added("hdfs://main:8020/experiments", data)).isEmpty();
    assertThat(conf.contains(CredentialCheck.FILE_SYSTEMS)).isFalse();
  }

  @Test
  void nothingIsSaidOrSetWhereTheClusterAsksForNoKerberos() {
    CredentialCheck check = new CredentialCheck(conf, "hdfs://main:8020/experiments");

    assertThat(check.beforeStorage()).isEmpty();
    assertThat(check.lifetime()).isEmpty();
    assertThat(CredentialCheck.addFileSystems(conf, "hdfs://other/experiments", Map.of()))
        .isEmpty();
  }
}
