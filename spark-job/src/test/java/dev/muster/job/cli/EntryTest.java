package dev.muster.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.spark.JavaVersion;
import dev.muster.job.spark.MusterPlugin;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an old Java is told; {@code OldJavaIT} runs it on one. */
final class EntryTest {
  private static final int JAVA_8 = 52;

  @ParameterizedTest
  @ValueSource(classes = {Entry.class, JavaVersion.class, MusterPlugin.class})
  void whatSparkLoadsFirstLoadsOnJava8(Class<?> type) throws IOException {
    String file = "/" + type.getName().replace('.', '/') + ".class";
    try (InputStream in = type.getResourceAsStream(file)) {
      assertThat(in).as(file).isNotNull();
      DataInputStream data = new DataInputStream(in);
      assertThat(data.readInt()).isEqualTo(0xCAFEBABE);
      data.readUnsignedShort();
      assertThat(data.readUnsignedShort()).as("class file version").isEqualTo(JAVA_8);
    }
  }

  @ParameterizedTest
  @CsvSource({"1.8,true", "9,true", "11,true", "16,true", "17,false", "25,false", "26-ea,false"})
  void javaBefore17IsRefused(String version, boolean refused) {
    assertThat(JavaVersion.isTooOld(version)).isEqualTo(refused);
    assertThat(!told(Map.of("java.specification.version", version)).isEmpty()).isEqualTo(refused);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "yarn|cluster|submit with --conf spark.yarn.appMasterEnv.JAVA_HOME=DIR --conf"
            + " spark.executorEnv.JAVA_HOME=DIR, where DIR is a JDK 17 on every node, or send one"
            + " along: --archives jdk17.tgz#jdk, with DIR=./jdk/ and the name of the folder in the"
            + " archive",
        "yarn|client|set JAVA_HOME to a JDK 17 where spark-submit runs",
        "k8s://h|cluster|take an image with a JDK 17 (spark.kubernetes.container.image)",
        "spark://h:1|cluster|start the workers with JAVA_HOME set to a JDK 17",
        "local[2]|client|set JAVA_HOME to a JDK 17 where spark-submit runs"
      })
  void theCureFitsTheClusterManager(String master, String mode, String cure) {
    String told =
        told(
            Map.of(
                "java.specification.version",
                "11",
                "java.home",
                "/opt/jre11",
                "spark.master",
                master,
                "spark.submit.deployMode",
                mode));

    assertThat(told)
        .isEqualTo(
            "muster: Cannot run: the driver's Java is 11 (/opt/jre11), expected 17 or later; "
                + cure
                + System.lineSeparator());
  }

  private static String told(Map<String, String> properties) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean refused =
        Entry.refuses(properties::get, new PrintStream(bytes, true, StandardCharsets.UTF_8));
    String text = bytes.toString(StandardCharsets.UTF_8);
    assertThat(refused).isEqualTo(!text.isEmpty());
    return text;
  }
}
