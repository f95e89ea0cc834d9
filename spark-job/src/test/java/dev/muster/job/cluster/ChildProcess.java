package dev.muster.job.cluster;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Waits for and ends the processes that tests start. */
final class ChildProcess {
  private ChildProcess() {}

  /**
   * The exit code of the process.
   *
   * @throws AssertionError after the deadline; the process and what it started are then killed
   */
  static int await(Process process, Duration deadline, String name) {
    if (!endsWithin(process, deadline)) {
      killTree(process);
      throw new AssertionError("Cannot wait for " + name + ": still running after " + deadline);
    }
    return process.exitValue();
  }

  /** Whether the process has ended within the time; an interrupted caller kills it and is told. */
  static boolean endsWithin(Process process, Duration time) {
    try {
      return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      killTree(process);
      Thread.currentThread().interrupt();
      throw new AssertionError("Interrupted while waiting for process " + process.pid(), e);
    }
  }

  /** Kills the process and all that descend from it; idempotent. */
  static void killTree(Process process) {
    List<ProcessHandle> tree =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    tree.forEach(ProcessHandle::destroyForcibly);
  }
}
