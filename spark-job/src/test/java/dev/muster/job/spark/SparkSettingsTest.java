package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.spark.SparkSettings.Setting;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SparkSettingsTest {
  private static final String OURS = "dev.muster.job.spark.MusterPlugin";

  @Test
  void everyDefaultIsSetAndTold() {
    SparkConf conf = new SparkConf(false);
    List<Setting> made = SparkSettings.apply(conf);

    assertThat(made)
        .extracting(setting -> setting.key() + "=" + setting.value())
        .containsExactly(
            "spark.plugins=" + OURS,
            "spark.speculation=false",
            "spark.task.maxFailures=1000",
            "spark.executor.failuresValidityInterval=1h",
            "spark.excludeOnFailure.enabled=false",
            "spark.locality.wait=0",
            "spark.dynamicAllocation.executorAllocationRatio=1",
            "spark.dynamicAllocation.cachedExecutorIdleTimeout=10min",
            "spark.dynamicAllocation.shuffleTracking.timeout=10min");
    assertThat(made).allSatisfy(setting -> assertThat(setting.why()).isNotBlank());
    assertThat(made)
        .allSatisfy(setting -> assertThat(conf.get(setting.key())).isEqualTo(setting.value()));
  }

  @Test
  void whatTheUserSetWins() {
    SparkConf conf =
        new SparkConf(false).set("spark.speculation", "true").set("spark.task.maxFailures", "7");
    List<Setting> made = SparkSettings.apply(conf);

    assertThat(conf.get("spark.speculation")).isEqualTo("true");
    assertThat(conf.get("spark.task.maxFailures")).isEqualTo("7");
    assertThat(made)
        .extracting(Setting::key)
        .doesNotContain("spark.speculation", "spark.task.maxFailures");
  }

  @Test
  void theUsersPluginsStayAndOursIsAppendedOnce() {
    SparkConf conf = new SparkConf(false).set("spark.plugins", "a.B, c.D");
    SparkSettings.apply(conf);
    assertThat(conf.get("spark.plugins")).isEqualTo("a.B,c.D," + OURS);
    assertThat(SparkSettings.apply(conf)).isEmpty();
    assertThat(conf.get("spark.plugins")).isEqualTo("a.B,c.D," + OURS);
  }

  @Test
  void crashReportsGoToTheContainersLog() {
    SparkConf yarn =
        new SparkConf(false)
            .set("spark.master", "yarn")
            .set("spark.executor.extraJavaOptions", "-Dx=y");
    SparkSettings.apply(yarn);
    assertThat(yarn.get("spark.executor.extraJavaOptions"))
        .isEqualTo("-Dx=y -XX:ErrorFile=<LOG_DIR>/hs_err_%p.log");

    SparkConf theirs =
        new SparkConf(false)
            .set("spark.master", "yarn")
            .set("spark.executor.extraJavaOptions", "-XX:ErrorFile=/x");
    SparkSettings.apply(theirs);
    assertThat(theirs.get("spark.executor.extraJavaOptions")).isEqualTo("-XX:ErrorFile=/x");

    SparkConf kubernetes = new SparkConf(false).set("spark.master", "k8s://x");
    SparkSettings.apply(kubernetes);
    assertThat(kubernetes.get("spark.executor.extraJavaOptions"))
        .isEqualTo("-XX:+ErrorFileToStderr");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"spark.network.crypto.enabled", "spark.authenticate.enableSaslEncryption"})
  void encryptionNeedsAuthentication(String key) {
    SparkConf conf = new SparkConf(false).set(key, "true");
    assertThatThrownBy(() -> SparkSettings.apply(conf))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot encrypt the network: %s=true needs spark.authenticate=true, found it off; set it to true"
                .formatted(key));
    assertThat(conf.contains("spark.plugins")).isFalse();
    assertThat(NetworkSecurity.isEncrypted(conf)).isTrue();
    assertThat(SparkSettings.apply(conf.set("spark.authenticate", "true"))).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"spark://h:7077", "local-cluster[2,1,1024]"})
  void authenticationNeedsASecretWhereNobodyMakesOne(String master) {
    SparkConf conf =
        new SparkConf(false).set("spark.master", master).set("spark.authenticate", "true");
    assertThat(NetworkSecurity.problem(conf))
        .hasValue(
            "Cannot authenticate on master %s: expected spark.authenticate.secret, found none; set it as the cluster's administrator says, in a properties file that you alone can read and not on the command line"
                .formatted(master));
    assertThat(NetworkSecurity.problem(conf.clone().set("spark.authenticate.secret", "x")))
        .isEmpty();
    assertThat(NetworkSecurity.problem(conf.clone().set("spark.authenticate.secret.file", "x")))
        .isEmpty();
    assertThat(NetworkSecurity.problem(conf.set("spark.master", "yarn"))).isEmpty();
  }

  @Test
  void theExchangeIsEncryptedWhereSparksNetworkIs() {
    assertThat(NetworkSecurity.isEncrypted(new SparkConf(false))).isFalse();
    assertThat(NetworkSecurity.isEncrypted(new SparkConf(false).set("spark.authenticate", "true")))
        .isFalse();
    SparkConf ssl = new SparkConf(false).set("spark.ssl.rpc.enabled", "true");
    assertThat(NetworkSecurity.isEncrypted(ssl)).isTrue();
    assertThat(NetworkSecurity.problem(ssl)).isEmpty();
  }
}
