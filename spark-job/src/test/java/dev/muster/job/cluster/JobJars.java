package dev.muster.job.cluster;

import dev.muster.examples.digits.DigitsTrial;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/** The jars of a submission: the job's as it is published, and those that a user brings. */
final class JobJars {
  private static final String MAIN = "dev/muster/job/cli/Main.class";

  private JobJars() {}

  /**
   * The job jar that this build has packaged.
   *
   * @throws AssertionError where there is none: the test then does not run in {@code verify}
   */
  static Path job() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("target"))) {
      return files
          .filter(file -> file.getFileName().toString().matches("muster-job-[0-9.]+\\.jar"))
          .findFirst()
          .map(Path::toAbsolutePath)
          .orElseThrow(
              () ->
                  new AssertionError(
                      "Cannot find target/muster-job-*.jar (with %s): run 'mvn package' first"
                          .formatted(MAIN)));
    }
  }

  /** The example's jar; made of its classes where Maven has not packaged them. */
  static Path digits(Path folder) throws IOException, URISyntaxException {
    Path source =
        Path.of(DigitsTrial.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    if (Files.isRegularFile(source)) {
      return source.toAbsolutePath();
    }
    Path jar = Files.createDirectories(folder).resolve("digits.jar").toAbsolutePath();
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.walk(source)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        out.putNextEntry(new JarEntry(source.relativize(file).toString()));
        Files.copy(file, out);
        out.closeEntry();
      }
    }
    return jar;
  }
}
