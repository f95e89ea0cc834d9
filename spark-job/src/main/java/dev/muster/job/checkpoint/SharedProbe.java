package dev.muster.job.checkpoint;

import java.io.ByteArrayInputStream;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.fs.Path;

/**
 * A file of random bytes in a storage: whether another process, with its own configuration and
 * credentials, sees the same storage and can write there. Thread-safe.
 */
public final class SharedProbe implements AutoCloseable {
  private static final String FILE = "driver";
  private static final int NONCE_BYTES = 32;

  /** An executor that has just started reads Hadoop's classes while it loads TensorFlow. */
  private static final Duration FIND_DEADLINE = Duration.ofSeconds(40);

  private final Path directory;
  private final byte[] nonce;
  private final Map<String, String> hadoopProperties;

  private SharedProbe(Path directory, byte[] nonce, Map<String, String> hadoopProperties) {
    this.directory = directory;
    this.nonce = nonce;
    this.hadoopProperties = hadoopProperties;
  }

  static SharedProbe write(Path root, Map<String, String> hadoopProperties) {
    byte[] nonce = new byte[NONCE_BYTES];
    new SecureRandom().nextBytes(nonce);
    Path directory = new Path(root, ".muster-probe-" + UUID.randomUUID());
    StorageProbe.within(
        root,
        () -> {
          try (HadoopFiles files = open(directory.toString(), hadoopProperties).files()) {
            files.makeDirectory(directory);
            try {
              files.create(new Path(directory, FILE), new ByteArrayInputStream(nonce));
            } catch (RuntimeException e) {
              files.deleteAfter(e, directory);
              throw e;
            }
          }
        });
    return new SharedProbe(directory, nonce, hadoopProperties);
  }

  /** Where it is, with its scheme. */
  public String directory() {
    return directory.toString();
  }

  /** What {@link #find} must find. */
  public byte[] nonce() {
    return nonce.clone();
  }

  /**
   * Reads the file, then creates, renames and deletes one beside it, as this process. Ends within
   * 40 s.
   *
   * @param directory as {@link #directory} said it
   * @param who a file name that no other caller has
   * @throws StorageException that names the act, the path, the user and the cure
   */
  public static void find(
      String directory, byte[] nonce, String who, Map<String, String> hadoopProperties) {
    StorageProbe.within(
        FIND_DEADLINE,
        new Path(directory).getParent(),
        () -> {
          HadoopFiles.Opened opened = open(directory, hadoopProperties);
          try (HadoopFiles files = opened.files()) {
            read(files, new Path(opened.path(), FILE), nonce);
            write(files, new Path(opened.path(), who));
          }
        });
  }

  private static HadoopFiles.Opened open(String directory, Map<String, String> hadoopProperties) {
    return HadoopFiles.open(directory, HadoopConfigurations.impatient(hadoopProperties));
  }

  private static void read(HadoopFiles files, Path file, byte[] nonce) {
    byte[] found = files.read(file, NONCE_BYTES).orElseThrow(() -> missing(file));
    if (!MessageDigest.isEqual(found, nonce)) {
      throw new StorageException(
          "Cannot use %s as user %s: expected the %d bytes that the driver wrote, found %d others; %s"
              .formatted(file, Failures.user(), nonce.length, found.length, cure(file)));
    }
  }

  private static StorageException missing(Path file) {
    return new StorageException(
        "Cannot read %s as user %s: the driver wrote it, and here there is no such file; %s"
            .formatted(file, Failures.user(), cure(file)));
  }

  private static String cure(Path file) {
    return "file".equals(file.toUri().getScheme())
        ? "the path is on a disk of each host's own: set checkpoint_storage.path to a path that all"
            + " hosts share (an NFS mount), or to hdfs://…"
        : "give driver and executors one storage: the same HADOOP_CONF_DIR on all hosts, or"
            + " spark.hadoop.* settings with spark-submit";
  }

  private static void write(HadoopFiles files, Path file) {
    Path writing = new Path(file.getParent(), file.getName() + ".writing");
    files.create(writing, new ByteArrayInputStream(new byte[] {1}));
    files.moveToNew(writing, file);
    files.delete(file);
  }

  /** Deletes it, and what those left who died while they wrote. */
  @Override
  public void close() {
    StorageProbe.within(
        directory.getParent(),
        () -> {
          try (HadoopFiles files = open(directory.toString(), hadoopProperties).files()) {
            files.delete(directory);
          }
        });
  }
}
