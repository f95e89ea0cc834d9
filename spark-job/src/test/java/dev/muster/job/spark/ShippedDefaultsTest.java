package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The templates of {@code conf/}: every setting is commented out, and has a comment. */
class ShippedDefaultsTest {
  private static final Path CONF = Path.of("../conf");
  private static final Pattern SETTING = Pattern.compile("# (spark\\.\\S+)\\s+(\\S.*)");

  @ParameterizedTest
  @ValueSource(strings = {"", "yarn", "kubernetes", "standalone"})
  void everySettingHasACommentAndNoneIsSetTwice(String manager) throws IOException {
    List<String> lines = Files.readAllLines(CONF.resolve(manager).resolve("spark-defaults.conf"));
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      assertThat(line).matches("#.*|");
      Matcher setting = SETTING.matcher(line);
      if (setting.matches()) {
        keys.add(setting.group(1));
        assertThat(lines.get(i - 1)).as("above " + line).startsWith("# ").doesNotMatch(SETTING);
      }
    }
    assertThat(keys).doesNotHaveDuplicates().hasSizeGreaterThan(3).contains("spark.master");
  }

  @ParameterizedTest
  @ValueSource(strings = {"yarn", "kubernetes", "standalone"})
  void theSecurityOfATemplateIsTakenOverByTheExchange(String manager) throws IOException {
    SparkConf conf = new SparkConf(false);
    for (String line : Files.readAllLines(CONF.resolve(manager).resolve("spark-defaults.conf"))) {
      Matcher setting = SETTING.matcher(line);
      if (setting.matches()) {
        conf.set(setting.group(1), setting.group(2));
      }
    }
    assertThat(NetworkSecurity.problem(conf)).isEmpty();
    assertThat(NetworkSecurity.isEncrypted(conf)).isTrue();
    assertThat(NetworkSecurity.warning(conf)).isPresent();
  }
}
