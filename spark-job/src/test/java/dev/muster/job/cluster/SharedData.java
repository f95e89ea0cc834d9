package dev.muster.job.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Real data that lies beside the checkout, or beside a folder above it, on our machines alone. */
public final class SharedData {
  private SharedData() {}

  /** The folder {@code shared/data/NAME}, where there is one. */
  public static Optional<Path> folder(String name) {
    return Stream.iterate(
            Path.of("").toAbsolutePath(), above -> above != null, above -> above.getParent())
        .map(above -> above.resolve("shared/data").resolve(name))
        .filter(Files::isDirectory)
        .findFirst();
  }
}
