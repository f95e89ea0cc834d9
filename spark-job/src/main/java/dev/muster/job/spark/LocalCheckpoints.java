package dev.muster.job.spark;

import dev.muster.job.checkpoint.CommittedCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Local copies of checkpoints, shared by the slots of this JVM while they restore: the first one
 * downloads, the last one deletes. Thread-safe.
 */
final class LocalCheckpoints {
  private static final Logger LOG = LoggerFactory.getLogger(LocalCheckpoints.class);
  private static final Map<String, Copy> COPIES = new HashMap<>(); // guarded by itself

  /** A copy that is being made, or is there. */
  private static final class Copy {
    private final CompletableFuture<Path> directory = new CompletableFuture<>();
    private int users;
  }

  private LocalCheckpoints() {}

  /** One slot's use of a copy. */
  record Lease(String path, Path directory) implements AutoCloseable {
    @Override
    public void close() {
      release(path);
    }
  }

  /**
   * A local copy, each file verified. Waits for another slot's download.
   *
   * @param name of the local directory, as messages name the checkpoint
   * @param path of the checkpoint
   * @param timeout how long to wait for another slot's download
   */
  static Lease fetch(
      String name, String path, Map<String, String> hadoop, Path scratch, Duration timeout)
      throws IOException, InterruptedException {
    Copy copy;
    boolean first;
    synchronized (COPIES) {
      copy = COPIES.computeIfAbsent(path, key -> new Copy());
      first = copy.users++ == 0;
    }
    if (first) {
      try {
        copy.directory.complete(download(name, path, hadoop, scratch));
      } catch (IOException | RuntimeException | Error e) {
        copy.directory.completeExceptionally(e);
        release(path);
        throw e;
      }
    }
    try {
      return new Lease(path, copy.directory.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
    } catch (ExecutionException | TimeoutException e) {
      release(path);
      throw new IOException(
          "Cannot take over checkpoint " + path + ": another slot's download failed", e);
    } catch (InterruptedException e) {
      release(path);
      throw e;
    }
  }

  private static Path download(String name, String path, Map<String, String> hadoop, Path scratch)
      throws IOException {
    Path parent = Files.createTempDirectory(scratch, "muster-start-");
    try (CommittedCheckpoint checkpoint = CommittedCheckpoint.open(path, hadoop)) {
      Path directory = parent.resolve(fileName(name));
      checkpoint.fetch(directory);
      return directory;
    } catch (RuntimeException | Error e) {
      LocalDirectories.delete(parent);
      throw e;
    }
  }

  private static String fileName(String name) {
    return name.replaceAll("/+$", "").replaceAll(".*/", "");
  }

  private static void release(String path) {
    Copy unused;
    synchronized (COPIES) {
      Copy copy = COPIES.get(path);
      if (copy == null || --copy.users > 0) {
        return;
      }
      unused = copy;
      COPIES.remove(path);
    }
    if (unused.directory.isDone() && !unused.directory.isCompletedExceptionally()) {
      Path parent = Objects.requireNonNull(unused.directory.join().getParent());
      try {
        LocalDirectories.delete(parent);
      } catch (IOException | UncheckedIOException e) {
        LOG.warn("Cannot delete {}", parent, e);
      }
    }
  }
}
