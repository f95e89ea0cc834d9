package dev.muster.job.checkpoint;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.fs.Path;

/** Tries out a storage, on a thread of its own so that an unreachable one costs a bounded time. */
final class StorageProbe {
  private static final Duration DEADLINE = Duration.ofSeconds(18);
  private static final byte[] CONTENT = "muster".getBytes(StandardCharsets.UTF_8);

  private StorageProbe() {}

  static void run(Path root, Map<String, String> hadoopProperties) {
    within(root, () -> act(root, hadoopProperties));
  }

  /** Runs an act on the storage to its end, or to the deadline. */
  static void within(Path root, Runnable act) {
    within(DEADLINE, root, act);
  }

  /** Runs an act on the storage to its end, or to the deadline. */
  static void within(Duration deadline, Path root, Runnable act) {
    FutureTask<Void> task = new FutureTask<>(act, null);
    Thread thread = new Thread(task, "muster-storage-probe");
    thread.setDaemon(true);
    thread.start();
    try {
      task.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new StorageException(
          "Cannot use storage "
              + root
              + " as user "
              + Failures.user()
              + ": no answer within "
              + deadline.toSeconds()
              + " s; check the server, the network and the port of the path",
          e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw Failures.because("use storage", root, cause);
      }
      throw new StorageException("Cannot use storage " + root + ": " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("Cannot use storage " + root + ": interrupted", e);
    } finally {
      task.cancel(true);
    }
  }

  private static void act(Path root, Map<String, String> hadoopProperties) {
    HadoopFiles.Opened opened =
        HadoopFiles.open(root.toString(), HadoopConfigurations.impatient(hadoopProperties));
    try (HadoopFiles files = opened.files()) {
      Path directory = new Path(opened.path(), ".muster-probe-" + UUID.randomUUID());
      files.makeDirectory(directory);
      try {
        useDirectory(files, directory);
      } catch (RuntimeException e) {
        files.deleteAfter(e, directory);
        throw e;
      }
      files.delete(directory);
    }
  }

  private static void useDirectory(HadoopFiles files, Path directory) {
    Path written = new Path(directory, "written");
    files.create(written, new ByteArrayInputStream(CONTENT));
    byte[] read = files.read(written, CONTENT.length).orElse(new byte[0]);
    if (!Arrays.equals(read, CONTENT)) {
      throw new StorageException(
          "Cannot read back " + written + ": found " + read.length + " bytes, not those written");
    }
    Path renamed = new Path(directory, "renamed");
    files.moveToNew(written, renamed);
    if (files.list(directory).size() != 1 || !files.exists(renamed)) {
      throw new StorageException(
          "Cannot list " + directory + ": expected one file, found " + files.list(directory));
    }
  }
}
