package dev.muster.job.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.Path;

/**
 * A checkpoint: a directory whose manifest holds. Thread-safe.
 *
 * <p>One from an {@link ExperimentDirectory} lives as long as its storage; one from {@link #open}
 * has a file system of its own, which {@link #close} releases.
 */
public final class CommittedCheckpoint implements AutoCloseable {
  private static final int MAX_MANIFEST_BYTES = 64 << 20;

  private final HadoopFiles files;
  private final Path path;
  private final Manifest manifest;
  private final boolean ownsFiles;

  CommittedCheckpoint(HadoopFiles files, Path path, Manifest manifest) {
    this(files, path, manifest, false);
  }

  private CommittedCheckpoint(HadoopFiles files, Path path, Manifest manifest, boolean ownsFiles) {
    this.files = files;
    this.path = path;
    this.manifest = manifest;
    this.ownsFiles = ownsFiles;
  }

  /**
   * Opens a checkpoint wherever it was copied to.
   *
   * @param path on any Hadoop file system, or one of this machine
   * @throws CorruptCheckpointException when there is no manifest, or one that does not hold
   */
  public static CommittedCheckpoint open(String path, Map<String, String> hadoopProperties) {
    HadoopFiles.Opened opened = HadoopFiles.open(path, HadoopConfigurations.of(hadoopProperties));
    HadoopFiles files = opened.files();
    try {
      Manifest manifest =
          readManifest(files, opened.path()).orElseThrow(() -> noManifest(files, opened.path()));
      return new CommittedCheckpoint(files, opened.path(), manifest, true);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  static Optional<CommittedCheckpoint> find(HadoopFiles files, Path path) {
    return readManifest(files, path)
        .map(manifest -> new CommittedCheckpoint(files, path, manifest));
  }

  private static Optional<Manifest> readManifest(HadoopFiles files, Path path) {
    try {
      return files
          .read(new Path(path, Manifest.FILE_NAME), MAX_MANIFEST_BYTES)
          .map(ManifestFormat::parse);
    } catch (IllegalArgumentException e) {
      throw new CorruptCheckpointException(
          "Cannot read " + new Path(path, Manifest.FILE_NAME) + ": " + e.getMessage(), e);
    }
  }

  private static CorruptCheckpointException noManifest(HadoopFiles files, Path path) {
    return new CorruptCheckpointException(
        "Cannot open checkpoint "
            + path
            + ": "
            + (files.exists(path)
                ? "it has no "
                    + Manifest.FILE_NAME
                    + ", so it is no checkpoint or one that was never committed"
                : "there is no such directory"));
  }

  /** The UUID that the directory is named by; empty for a copy under another name. */
  public Optional<UUID> uuid() {
    try {
      UUID uuid = UUID.fromString(path.getName());
      return uuid.toString().equals(path.getName()) ? Optional.of(uuid) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The absolute path with its scheme. */
  public String path() {
    return path.toString();
  }

  /** What it consists of. */
  public Manifest manifest() {
    return manifest;
  }

  /**
   * Reads every file and compares size and checksum.
   *
   * @throws CorruptCheckpointException that names the first bad file, what was expected and found
   */
  public void verify() {
    for (String file : manifest.files().keySet()) {
      copy(file, OutputStream.nullOutputStream());
    }
  }

  /**
   * Downloads the whole checkpoint into a local directory, which is then a checkpoint too, and
   * verifies each file on the way.
   *
   * @param localDirectory created if need be; files of the same names are replaced
   * @throws CorruptCheckpointException that names the first bad file; what was fetched stays,
   *     without a manifest
   */
  public void fetch(java.nio.file.Path localDirectory) {
    fetch(localDirectory, file -> true);
    files
        .read(new Path(path, Manifest.USER_METADATA_FILE_NAME), MAX_MANIFEST_BYTES)
        .ifPresent(bytes -> write(localDirectory.resolve(Manifest.USER_METADATA_FILE_NAME), bytes));
    write(localDirectory.resolve(Manifest.FILE_NAME), ManifestFormat.format(manifest));
  }

  /**
   * Downloads some files of the manifest, verifying each.
   *
   * @param wanted chooses by path below the checkpoint's directory, e.g. those of {@code
   *     variables/}
   */
  public void fetch(java.nio.file.Path localDirectory, Predicate<String> wanted) {
    makeLocalDirectory(localDirectory);
    for (String file : manifest.files().keySet()) {
      if (wanted.test(file)) {
        fetchFile(file, localDirectory.resolve(file));
      }
    }
  }

  /**
   * Reads one file of the manifest, verified.
   *
   * @throws IllegalArgumentException when the manifest does not list it
   */
  public byte[] read(String file) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    copy(file, bytes);
    return bytes.toByteArray();
  }

  /** Deletes the checkpoint: it ceases to be one first, then its files go. */
  public void delete() {
    files.delete(new Path(path, Manifest.FILE_NAME));
    files.delete(path);
  }

  /** Releases what {@link #open} opened; does nothing for an experiment directory's. */
  @Override
  public void close() {
    if (ownsFiles) {
      files.close();
    }
  }

  private void fetchFile(String file, java.nio.file.Path target) {
    makeLocalDirectory(Objects.requireNonNull(target.getParent()));
    try {
      try (OutputStream out = Files.newOutputStream(target)) {
        copy(file, out);
      } catch (CorruptCheckpointException e) {
        Files.deleteIfExists(target);
        throw e;
      }
    } catch (IOException e) {
      throw Failures.because("write", target, e);
    }
  }

  private void copy(String file, OutputStream out) {
    Manifest.Entry expected = manifest.files().get(file);
    if (expected == null) {
      throw new IllegalArgumentException(
          "Cannot read '" + file + "' of checkpoint " + path + ": its manifest does not list it");
    }
    MessageDigest digest = Sha256.start();
    long bytes;
    try (InputStream in = files.open(new Path(path, file))) {
      bytes = in.transferTo(new DigestOutputStream(out, digest));
    } catch (ChecksumException e) {
      throw corrupt(file, "the file system's own checksum does not hold: " + e.getMessage());
    } catch (IOException | RuntimeException e) {
      if (e instanceof FileNotFoundException && !files.exists(new Path(path, file))) {
        throw corrupt(file, "it is missing, " + expected.bytes() + " bytes expected");
      }
      throw Failures.because("copy", new Path(path, file), e);
    }
    if (bytes != expected.bytes()) {
      throw corrupt(file, "it has " + bytes + " bytes, " + expected.bytes() + " expected");
    }
    String sha256 = Sha256.end(digest);
    if (!sha256.equals(expected.sha256())) {
      throw corrupt(file, "its SHA-256 is " + sha256 + ", " + expected.sha256() + " expected");
    }
  }

  private CorruptCheckpointException corrupt(String file, String fact) {
    return new CorruptCheckpointException(
        "Cannot read '" + file + "' of checkpoint " + path + ": " + fact);
  }

  private static void write(java.nio.file.Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException e) {
      throw Failures.because("write", file, e);
    }
  }

  private static void makeLocalDirectory(java.nio.file.Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw Failures.because("create directory", directory, e);
    }
  }
}
