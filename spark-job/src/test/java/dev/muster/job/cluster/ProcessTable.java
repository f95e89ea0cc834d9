package dev.muster.job.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** The JVMs of this machine as {@code /proc} shows them, and what tests do to them. */
public final class ProcessTable {
  private static final Path PROC = Path.of("/proc");

  /**
   * A Java virtual machine.
   *
   * @param commandLine its arguments, joined with spaces
   * @param environment its {@code NAME=value} pairs at the start, one a line
   */
  public record Jvm(long pid, String commandLine, String environment) {
    /** Whether the text stands in the command line or the environment. */
    public boolean mentions(String marker) {
      return commandLine.contains(marker) || environment.contains(marker);
    }

    /** Short, for messages. */
    @Override
    public String toString() {
      return pid + ": " + commandLine.substring(Math.max(0, commandLine.length() - 200));
    }
  }

  private ProcessTable() {}

  /**
   * Every JVM other than this one that mentions the marker.
   *
   * <p>A container's environment holds its application's id ({@code LOG_DIRS}), an executor's
   * command line {@code --executor-id}.
   */
  public static List<Jvm> jvms(String marker) {
    try (Stream<Path> entries = Files.list(PROC)) {
      return entries
          .filter(entry -> entry.getFileName().toString().matches("\\d+"))
          .flatMap(entry -> jvm(entry).stream())
          .filter(jvm -> jvm.pid() != ProcessHandle.current().pid() && jvm.mentions(marker))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + PROC, e);
    }
  }

  /** The executors of an application on YARN. */
  public static List<Jvm> executors(String applicationId) {
    return jvms(applicationId).stream()
        .filter(jvm -> jvm.commandLine().contains("--executor-id"))
        .toList();
  }

  /** Ends a process at once (SIGKILL). */
  public static void kill(long pid) {
    signal("KILL", pid);
  }

  /** Freezes a process (SIGSTOP): its sockets stay open and say nothing. */
  public static void freeze(long pid) {
    signal("STOP", pid);
  }

  /** Lets a frozen process go on (SIGCONT). */
  public static void thaw(long pid) {
    signal("CONT", pid);
  }

  /** Waits until no other JVM mentions the marker, and fails after the deadline, naming them. */
  public static void awaitNone(String marker, Duration deadline) {
    Awaitility.await("no process that mentions " + marker)
        .atMost(deadline)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> jvms(marker), List::isEmpty);
  }

  private static void signal(String name, long pid) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).inheritIO().start();
      if (ChildProcess.await(kill, Duration.ofSeconds(10), "kill") != 0) {
        throw new AssertionError("Cannot send SIG" + name + " to process " + pid + ": see stderr");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot send SIG" + name + " to process " + pid, e);
    }
  }

  /** The JVM of an entry of /proc; empty for another program and one that is gone or a zombie. */
  private static Optional<Jvm> jvm(Path entry) {
    try {
      if (!Files.readSymbolicLink(entry.resolve("exe")).endsWith("java")) {
        return Optional.empty();
      }
      return Optional.of(
          new Jvm(
              Long.parseLong(entry.getFileName().toString()),
              text(entry.resolve("cmdline")).replace('\0', ' '),
              text(entry.resolve("environ")).replace('\0', '\n')));
    } catch (IOException goneOrNotOurs) {
      return Optional.empty();
    }
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
