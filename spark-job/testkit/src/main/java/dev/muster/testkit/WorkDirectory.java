package dev.muster.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a tester's files are.
 *
 * @param path a directory
 * @param temporary whether closing deletes it
 */
record WorkDirectory(Path path, boolean temporary) implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkDirectory.class);

  /** The given directory, made if need be, or a new temporary one. */
  static WorkDirectory of(@Nullable Path given) {
    try {
      return given == null
          ? new WorkDirectory(Files.createTempDirectory("muster-test-"), true)
          : new WorkDirectory(Files.createDirectories(given), false);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make a directory for the test's files", e);
    }
  }

  @Override
  public void close() {
    if (!temporary || !Files.exists(path)) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    } catch (IOException e) {
      LOG.warn("Cannot delete {}", path, e);
    }
  }
}
