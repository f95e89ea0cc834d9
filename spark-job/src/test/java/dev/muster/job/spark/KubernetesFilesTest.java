package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.spark.KubernetesAccess.Permission;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** What lies in {@code conf/kubernetes} fits the rest; no container engine is needed to see it. */
class KubernetesFilesTest {
  private static final Path ROOT = root();
  private static final Path FILES = ROOT.resolve("conf/kubernetes");

  @Test
  void theDriversRoleHasWhatMusterAsksFor() throws Exception {
    Map<?, ?> role = object("Role", "muster");

    List<Permission> given = new ArrayList<>();
    for (Object rule : (List<?>) in(role, "rules")) {
      for (Object resource : (List<?>) in(rule, "resources")) {
        for (Object verb : (List<?>) in(rule, "verbs")) {
          given.add(new Permission(resource.toString(), verb.toString()));
        }
      }
    }
    assertThat(given).containsExactlyInAnyOrderElementsOf(KubernetesAccess.NEEDED);
  }

  @Test
  void theImageIsBuiltOnASparkOfUbuntu2204() throws Exception {
    List<String> lines = Files.readAllLines(FILES.resolve("Dockerfile"));

    assertThat(lines)
        .contains(
            "ARG SPARK_IMAGE=apache/spark:3.5.5-scala2.12-java17-ubuntu", "FROM ${SPARK_IMAGE}")
        .as("the user at the end")
        .endsWith("USER spark");
  }

  @Test
  void whatTheImageCopiesIsInTheCheckout() throws Exception {
    List<String> sources =
        Files.readAllLines(FILES.resolve("Dockerfile")).stream()
            .filter(line -> line.startsWith("COPY "))
            .map(line -> line.split(" ")[1])
            .toList();

    assertThat(sources).contains("spark-job/target/muster-job-0.1.0.jar");
    for (String source : sources) {
      if (source.contains("target/")) { // made by the build, named by the pom
        String name = Path.of(source).getFileName().toString();
        String pom = Files.readString(ROOT.resolve("spark-job/pom.xml"));
        assertThat(pom).contains("<artifactId>muster-job</artifactId>");
        assertThat(pom).contains("<version>" + name.replaceAll("muster-job-|\\.jar", "") + "<");
      } else {
        assertThat(ROOT.resolve(source)).exists();
      }
    }
  }

  @Test
  void volumesOfTheLocalDisksAreThoseThatSparkTakesForItsFolders() throws Exception {
    Object spec = in(only("executor-local-disks.yaml"), "spec");
    List<Object> volumes = names(in(spec, "volumes"));
    Object container = ((List<?>) in(spec, "containers")).get(0);

    assertThat(volumes)
        .isNotEmpty()
        .allSatisfy(name -> assertThat(name.toString()).startsWith("spark-local-dir-"));
    assertThat(names(in(container, "volumeMounts"))).isEqualTo(volumes);
  }

  @Test
  void theGpuTemplateToleratesTheTaintOfGpuNodes() throws Exception {
    Object spec = in(only("executor-gpu.yaml"), "spec");
    Object toleration = ((List<?>) in(spec, "tolerations")).get(0);

    assertThat(in(toleration, "key")).isEqualTo("nvidia.com/gpu");
  }

  private static List<Object> names(Object list) {
    List<Object> names = new ArrayList<>();
    for (Object entry : (List<?>) list) {
      names.add(in(entry, "name"));
    }
    return names;
  }

  /** What a mapping of YAML has at a key, which must be there. */
  private static Object in(Object mapping, String key) {
    return Objects.requireNonNull(((Map<?, ?>) mapping).get(key), key);
  }

  private static Map<?, ?> only(String file) throws IOException {
    return documents(file).get(0);
  }

  private static Map<?, ?> object(String kind, String name) throws IOException {
    return documents("role.yaml").stream()
        .filter(object -> in(object, "kind").equals(kind))
        .filter(object -> in(in(object, "metadata"), "name").equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static List<Map<?, ?>> documents(String file) throws IOException {
    List<Map<?, ?>> documents = new ArrayList<>();
    for (Object document : new Yaml().loadAll(Files.readString(FILES.resolve(file)))) {
      documents.add((Map<?, ?>) document);
    }
    return documents;
  }

  private static Path root() {
    return Stream.iterate(Path.of("").toAbsolutePath(), Path::getParent)
        .filter(folder -> Files.isDirectory(folder.resolve("conf/kubernetes")))
        .findFirst()
        .orElseThrow();
  }
}
