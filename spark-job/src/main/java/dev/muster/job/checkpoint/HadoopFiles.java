package dev.muster.job.checkpoint;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import org.jspecify.annotations.Nullable;

/**
 * One file system with the few acts that the package needs. Every failure is a {@link
 * StorageException} that names act and path. Thread-safe; bound to the user who opened it.
 *
 * <p>It has an instance of its own: Hadoop's cache ignores the properties and hands out instances
 * that others close. Local paths go without Hadoop's {@code .crc} side files: the manifest has
 * checksums, and a checkpoint is also read by programs that do not know those files.
 */
final class HadoopFiles implements AutoCloseable {
  /** Where a directory appears under its new name whole, and replacing a file leaves no gap. */
  private static final Set<String> ATOMIC_RENAME =
      Set.of("file", "hdfs", "viewfs", "webhdfs", "swebhdfs");

  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*");
  private static final String WRITING_SUFFIX = ".writing";
  private static final int BUFFER_BYTES = 256 * 1024;

  /** Size and SHA-256 of what was written. */
  record Written(long bytes, String sha256) {}

  private final FileSystem fs;
  private final Renamer renamer;
  private final @Nullable FileContext views;
  private final boolean atomicRename;
  private final boolean local;

  private HadoopFiles(FileSystem fs, Configuration conf) throws IOException {
    this.fs = fs;
    this.renamer = new Renamer(fs);
    String scheme = fs.getUri().getScheme();
    this.atomicRename = ATOMIC_RENAME.contains(scheme);
    this.local = scheme.equals("file");
    this.views = scheme.equals("viewfs") ? FileContext.getFileContext(fs.getUri(), conf) : null;
  }

  /** A file system and the path that it was opened for, made absolute. */
  record Opened(HadoopFiles files, Path path) {}

  /** Opens the file system of a path; a path without a scheme is one of this machine. */
  static Opened open(String path, Configuration conf) {
    try {
      Path asked = SCHEME.matcher(path).matches() ? new Path(path) : localPath(path);
      FileSystem found = FileSystem.newInstance(asked.toUri(), conf);
      FileSystem fs = found instanceof LocalFileSystem l ? l.getRawFileSystem() : found;
      return new Opened(new HadoopFiles(fs, conf), fs.makeQualified(asked));
    } catch (IOException | RuntimeException e) {
      throw Failures.because("open", "'" + path + "'", e);
    }
  }

  private static Path localPath(String localPath) {
    if (localPath.isBlank()) {
      throw new IllegalArgumentException("the path is empty");
    }
    java.nio.file.Path absolute = java.nio.file.Path.of(localPath).toAbsolutePath().normalize();
    return new Path("file", null, absolute.toString());
  }

  boolean atomicRename() {
    return atomicRename;
  }

  Optional<FileStatus> status(Path path) {
    try {
      return Optional.of(fs.getFileStatus(path));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      throw Failures.because("look at", path, e);
    }
  }

  boolean exists(Path path) {
    return status(path).isPresent();
  }

  /** What is free for a path that need not exist; empty where it is not told. */
  OptionalLong freeBytes(Path path) {
    try {
      Path there = path;
      while (there.getParent() != null && !fs.exists(there)) {
        there = there.getParent();
      }
      long free =
          local // Hadoop counts what is reserved for root
              ? new File(there.toUri().getPath()).getUsableSpace()
              : fs.getStatus(there).getRemaining();
      // A store without a limit says so by its parent class: the largest number.
      return free < 0 || free == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(free);
    } catch (IOException | RuntimeException e) { // not told, or not to this user
      return OptionalLong.empty();
    }
  }

  /** What is in a directory; nothing when there is none. */
  List<FileStatus> list(Path directory) {
    try {
      return List.of(fs.listStatus(directory));
    } catch (FileNotFoundException e) {
      return List.of();
    } catch (IOException | RuntimeException e) {
      throw Failures.because("list", directory, e);
    }
  }

  /** Every file below a directory with its size, by its path relative to the directory. */
  SortedMap<String, Long> tree(Path directory) {
    SortedMap<String, Long> files = new TreeMap<>();
    addTree(directory, "", files);
    return files;
  }

  private void addTree(Path directory, String prefix, SortedMap<String, Long> files) {
    for (FileStatus status : list(directory)) {
      String relative = RelativePath.join(prefix, status.getPath().getName());
      if (status.isDirectory()) {
        addTree(status.getPath(), relative, files);
      } else {
        files.put(relative, status.getLen());
      }
    }
  }

  void makeDirectory(Path directory) {
    try {
      if (local) {
        Files.createDirectories(local(directory)); // which says why it cannot
      } else if (!fs.mkdirs(directory)) {
        throw new IOException("the file system says no more than that it did not");
      }
    } catch (IOException | RuntimeException e) {
      throw Failures.because("create directory", directory, e);
    }
  }

  /** Writes a new file, synchronized to the disks where that is supported; refuses to replace. */
  Written create(Path file, InputStream content) {
    try {
      return copy(content, stream(file, false));
    } catch (IOException | RuntimeException e) {
      throw Failures.because("write", file, e);
    }
  }

  /** Writes a file, replacing any; where creating a file shows it at once, readers may see half. */
  void put(Path file, byte[] content) {
    try {
      copy(new ByteArrayInputStream(content), stream(file, true));
    } catch (IOException | RuntimeException e) {
      throw Failures.because("write", file, e);
    }
  }

  /**
   * Writes a file, replacing any, so that readers see the old or the new one, never half: beside it
   * and renamed over it, or, on an object store, as one object.
   */
  void replace(Path file, byte[] content) {
    if (!atomicRename) {
      put(file, content);
      return;
    }
    Path beside =
        new Path(file.getParent(), "." + file.getName() + "." + UUID.randomUUID() + WRITING_SUFFIX);
    try {
      put(beside, content);
      moveOver(beside, file);
    } catch (RuntimeException e) {
      deleteAfter(e, beside);
      throw e;
    }
  }

  /** Whether a name is one that {@link #replace} left behind when its process died. */
  static boolean isLeftOfReplace(String name) {
    return name.startsWith(".") && name.endsWith(WRITING_SUFFIX);
  }

  /** The content of a file; empty when there is none. */
  Optional<byte[]> read(Path file, int maxBytes) {
    try {
      return Optional.of(content(file, maxBytes));
    } catch (FileNotFoundException e) {
      return exists(file) ? Optional.of(readWhatCameJustNow(file, maxBytes)) : Optional.empty();
    } catch (IOException | RuntimeException e) {
      throw Failures.because("read", file, e);
    }
  }

  /** A file that was not there a moment ago: written since then, or not to be opened at all. */
  private byte[] readWhatCameJustNow(Path file, int maxBytes) {
    try {
      return content(file, maxBytes);
    } catch (IOException e) {
      throw Failures.because("read", file, e);
    }
  }

  private byte[] content(Path file, int maxBytes) throws IOException {
    try (FSDataInputStream in = fs.open(file)) {
      byte[] bytes = in.readNBytes(maxBytes);
      if (bytes.length == maxBytes && in.read() >= 0) {
        throw new IOException("it is longer than " + maxBytes + " bytes");
      }
      return bytes;
    }
  }

  /** Opens a file for reading; the caller closes it. */
  InputStream open(Path file) throws IOException {
    return fs.open(file);
  }

  /** Renames within the file system; fails when the target exists. */
  void moveToNew(Path from, Path to) {
    try {
      if (local && exists(to)) {
        throw new IOException("the target exists");
      }
      move(from, to, Options.Rename.NONE);
    } catch (IOException | RuntimeException e) {
      throw Failures.because("rename " + from + " to", to, e);
    }
  }

  private void moveOver(Path from, Path to) {
    try {
      move(from, to, Options.Rename.OVERWRITE);
    } catch (IOException | RuntimeException e) {
      throw Failures.because("rename " + from + " to", to, e);
    }
  }

  private void move(Path from, Path to, Options.Rename option) throws IOException {
    if (local) {
      // Hadoop's local rename falls back on copying; this one is the system call or an error.
      Files.move(local(from), local(to), StandardCopyOption.ATOMIC_MOVE);
    } else if (views != null) {
      views.rename(from, to, option);
    } else {
      renamer.move(from, to, option);
    }
  }

  private static java.nio.file.Path local(Path path) {
    return new File(path.toUri().getPath()).toPath();
  }

  /** Deletes a file, or a directory with all below it; nothing when there is none. */
  void delete(Path path) {
    try {
      if (!fs.delete(path, true) && exists(path)) {
        throw new IOException("it is still there");
      }
    } catch (FileNotFoundException e) {
      return;
    } catch (IOException | RuntimeException e) {
      throw Failures.because("delete", path, e);
    }
  }

  /** Deletes while another failure is on its way up. */
  void deleteAfter(RuntimeException failure, Path path) {
    try {
      delete(path);
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  private FSDataOutputStream stream(Path file, boolean overwrite) throws IOException {
    // The variants with a permission run chmod in a process of its own on local file systems.
    return fs.create(
        file,
        overwrite,
        BUFFER_BYTES,
        fs.getDefaultReplication(file),
        fs.getDefaultBlockSize(file));
  }

  private static Written copy(InputStream content, FSDataOutputStream out) throws IOException {
    MessageDigest digest = Sha256.start();
    long bytes = 0;
    try {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
        out.write(buffer, 0, n);
        digest.update(buffer, 0, n);
        bytes += n;
      }
      if (out.hasCapability(StreamCapabilities.HSYNC)) {
        out.hsync();
      }
    } catch (IOException | RuntimeException e) {
      discard(out, e);
      throw e;
    }
    out.close();
    return new Written(bytes, Sha256.end(digest));
  }

  /**
   * An object store publishes what it has when a stream closes: abort it where that is possible.
   */
  private static void discard(FSDataOutputStream out, Exception failure) {
    try {
      if (out.hasCapability(CommonPathCapabilities.ABORTABLE_STREAM)) {
        out.abort();
      } else {
        out.close();
      }
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    try {
      fs.close();
    } catch (IOException | RuntimeException e) {
      throw Failures.because("close", fs.getUri(), e);
    }
  }

  /** The rename that takes options is protected in FileSystem; a filter may call it. */
  private static final class Renamer extends FilterFileSystem {
    Renamer(FileSystem fs) {
      super(fs);
    }

    void move(Path from, Path to, Options.Rename option) throws IOException {
      rename(from, to, option);
    }
  }
}
