package dev.muster.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is in the one jar that users submit. */
final class JobJarIT {
  private static final String NATIVE = "org/tensorflow/internal/c_api/linux-x86_64/";

  private static Path path;
  private static JarFile jar;
  private static List<String> names;

  @BeforeAll
  static void open() throws IOException {
    path = JobJars.job();
    jar = new JarFile(path.toFile());
    names = jar.stream().filter(entry -> !entry.isDirectory()).map(JarEntry::getName).toList();
  }

  @AfterAll
  static void close() throws IOException {
    jar.close();
  }

  private static List<String> below(String... prefixes) {
    return names.stream().filter(name -> Stream.of(prefixes).anyMatch(name::startsWith)).toList();
  }

  private static String text(String name) throws IOException {
    return new String(
        jar.getInputStream(jar.getEntry(name)).readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void startsWithTheCommandLine() throws IOException {
    assertThat(jar.getManifest().getMainAttributes().getValue(Attributes.Name.MAIN_CLASS))
        .isEqualTo("dev.muster.job.cli.Entry");
    assertThat(names)
        .contains(
            "dev/muster/job/cli/Entry.class",
            "dev/muster/job/cli/Main.class",
            "dev/muster/job/spark/MusterPlugin.class",
            "dev/muster/trial/EstimatorTrial.class",
            "org/tensorflow/Tensor.class");
  }

  @Test
  void whatSparkHasTooIsRelocated() {
    assertThat(
            below(
                "com/fasterxml/",
                "com/google/",
                "google/",
                "org/yaml/",
                "picocli/",
                "META-INF/versions/"))
        .isEmpty();
    assertThat(below("dev/muster/shaded/jackson/databind/ObjectMapper.class")).hasSize(1);
    assertThat(below("dev/muster/shaded/protobuf/Message.class")).hasSize(1);
    assertThat(below("dev/muster/shaded/snakeyaml/Yaml.class")).hasSize(1);
    assertThat(below("dev/muster/shaded/picocli/CommandLine.class")).hasSize(1);
  }

  @Test
  void whatTheClusterBringsIsNotInside() {
    assertThat(below("org/apache/", "scala/", "org/slf4j/", "log4j", "org/junit/")).isEmpty();
  }

  @Test
  void holdsTheNativeLibraryOfOnePlatform() {
    assertThat(names.stream().filter(name -> name.matches(".*\\.(so[.0-9]*|dll|dylib|jnilib)")))
        .containsExactlyInAnyOrder(
            NATIVE + "libtensorflow_cc.so.2",
            NATIVE + "libtensorflow_framework.so.2",
            NATIVE + "libjnitensorflow.so");
  }

  @Test
  void scalaTypesAreInOneClassAlone() throws IOException {
    List<String> found = new ArrayList<>();
    for (String name : below("dev/muster/job/", "dev/muster/trial/")) {
      if (text(name).contains("scala/") && !name.matches(".*/ScalaBridge(\\$.*)?\\.class")) {
        found.add(name);
      }
    }
    assertThat(found).isEmpty();
  }

  @Test
  void licencesAreInside() throws IOException {
    assertThat(text("META-INF/LICENSE")).contains("Apache License", "Version 2.0");
    assertThat(text("META-INF/NOTICE"))
        .contains(
            "the authors of Muster", "TensorFlow", "Protocol Buffers", "Jackson JSON processor");
    assertThat(below("META-INF/"))
        .filteredOn(name -> name.endsWith(".SF") || name.endsWith(".RSA") || name.endsWith(".DSA"))
        .isEmpty();
  }

  @Test
  void isSmallEnoughToSend() throws IOException {
    assertThat(Files.size(path)).isLessThan(200_000_000);
    assertThat(names).doesNotHaveDuplicates();
  }
}
