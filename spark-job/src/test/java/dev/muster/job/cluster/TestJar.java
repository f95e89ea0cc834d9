package dev.muster.job.cluster;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/** Packs compiled test classes as the jar that a user would bring. */
public final class TestJar {
  private TestJar() {}

  /** Writes a jar of the classes with those that are nested in them (lambdas are within). */
  public static Path write(Path jar, Class<?>... classes) {
    try {
      Files.createDirectories(jar.toAbsolutePath().getParent());
      try (OutputStream file = Files.newOutputStream(jar);
          JarOutputStream out = new JarOutputStream(file)) {
        for (Class<?> type : classes) {
          add(out, type);
        }
      }
      return jar.toAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + jar, e);
    }
  }

  private static void add(JarOutputStream out, Class<?> type) throws IOException {
    String folderName = type.getPackageName().replace('.', '/');
    Path folder =
        Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath())
            .resolve(folderName);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(file -> belongs(file, type)).sorted().toList()) {
        out.putNextEntry(new JarEntry(folderName + "/" + file.getFileName()));
        Files.copy(file, out);
        out.closeEntry();
      }
    }
  }

  private static boolean belongs(Path file, Class<?> type) {
    String name = file.getFileName().toString();
    return name.equals(type.getSimpleName() + ".class")
        || name.startsWith(type.getSimpleName() + "$");
  }
}
