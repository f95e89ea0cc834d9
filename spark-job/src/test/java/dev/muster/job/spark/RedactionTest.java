package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class RedactionTest {
  @Test
  void theNameOrTheValueOfASettingHidesIt() {
    SparkConf conf = new SparkConf(false);
    assertThat(Redaction.of(conf, "spark.executor.memory", "2g")).isEqualTo("2g");
    assertThat(Redaction.of(conf, "spark.hadoop.fs.s3a.secret.key", "x"))
        .isEqualTo("*********(redacted)");
    assertThat(Redaction.of(conf, "spark.executor.extraJavaOptions", "-Dmy.password=x"))
        .isEqualTo("*********(redacted)");
    conf.set("spark.redaction.regex", "(?i)memory");
    assertThat(Redaction.of(conf, "spark.executor.memory", "2g")).isEqualTo("*********(redacted)");
  }

  @Test
  void aUsersOptionThatMusterAppendsToIsNotPrintedWhenItHoldsAPassword() throws Exception {
    List<String> lines = new ArrayList<>();
    SparkConf conf =
        new SparkConf(false)
            .set("spark.master", "yarn")
            .set("spark.executor.extraJavaOptions", "-Djavax.net.ssl.keyStorePassword=hidden");
    ClusterSettings.apply(conf, 2, TrialMemory.ofVariables(1 << 20), lines::add);

    assertThat(lines)
        .noneMatch(line -> line.contains("hidden"))
        .anyMatch(
            line -> line.startsWith("set spark.executor.extraJavaOptions=*********(redacted) ("));
  }
}
