package dev.muster.job.checkpoint;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.SortedMap;
import java.util.TreeMap;

/** All files below a local directory, by their path relative to it. */
final class LocalTree {
  private LocalTree() {}

  /**
   * Follows symbolic links that stay inside.
   *
   * @throws StorageException for a link that leads out, nowhere or round in circles, for what is no
   *     regular file, and when something cannot be read
   */
  static SortedMap<String, Path> list(Path directory) {
    SortedMap<String, Path> files = new TreeMap<>();
    try {
      Path real = directory.toRealPath();
      if (!Files.isDirectory(real)) {
        throw new StorageException("Cannot upload " + directory + ": it is no directory");
      }
      Files.walkFileTree(
          directory,
          EnumSet.of(FileVisitOption.FOLLOW_LINKS),
          Integer.MAX_VALUE,
          new Collector(directory, real, files));
    } catch (IOException e) {
      throw Failures.because("upload", directory, e);
    }
    return files;
  }

  private static final class Collector extends SimpleFileVisitor<Path> {
    private final Path directory;
    private final Path real;
    private final SortedMap<String, Path> files;

    Collector(Path directory, Path real, SortedMap<String, Path> files) {
      this.directory = directory;
      this.real = real;
      this.files = files;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes)
        throws IOException {
      requireInside(visited);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path visited, BasicFileAttributes attributes)
        throws IOException {
      if (Files.isSymbolicLink(visited) && !Files.exists(visited)) {
        throw refused(visited, "it is a symbolic link to nothing");
      }
      requireInside(visited);
      if (!attributes.isRegularFile()) {
        throw refused(visited, "it is neither a directory nor a regular file");
      }
      files.put(directory.relativize(visited).toString(), visited);
      return FileVisitResult.CONTINUE;
    }

    private void requireInside(Path visited) throws IOException {
      Path target = visited.toRealPath();
      if (!target.startsWith(real)) {
        throw refused(visited, "it is a symbolic link that leads out, to " + target);
      }
    }

    private static StorageException refused(Path visited, String fact) {
      return new StorageException("Cannot upload " + visited + ": " + fact);
    }
  }
}
