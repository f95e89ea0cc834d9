package dev.muster.job.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A capture, by tcpdump, of all TCP that goes to or from one address of this machine. */
public final class LoopbackCapture implements AutoCloseable {
  private static final Duration READY = Duration.ofSeconds(20);

  private final Process process;
  private final Path file;

  private LoopbackCapture(Process process, Path file) {
    this.process = process;
    this.file = file;
  }

  /** Why this machine cannot capture; empty where it can. */
  public static Optional<String> missing() {
    try {
      Process asked = new ProcessBuilder("tcpdump", "-D").redirectErrorStream(true).start();
      boolean ended = asked.waitFor(10, TimeUnit.SECONDS);
      String answer = new String(asked.getInputStream().readAllBytes(), "UTF-8");
      return ended && asked.exitValue() == 0 && answer.contains("lo ")
          ? Optional.empty()
          : Optional.of("tcpdump may not capture here: " + answer.strip());
    } catch (IOException e) {
      return Optional.of("there is no tcpdump (apt-get install tcpdump)");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
  }

  /** Captures from now on; returns once tcpdump listens. */
  public static LoopbackCapture of(String address, Path file) throws IOException {
    Path log = file.resolveSibling(file.getFileName() + ".log");
    Process process =
        new ProcessBuilder(
                List.of(
                    "tcpdump",
                    "-i",
                    "lo",
                    "-s",
                    "0",
                    "-U",
                    "-Z",
                    "root",
                    "-B",
                    "65536",
                    "-w",
                    file.toString(),
                    "tcp and host " + address))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    Awaitility.await("tcpdump listens")
        .atMost(READY)
        .until(() -> !process.isAlive() || Files.readString(log).contains("listening on lo"));
    if (!process.isAlive()) {
      throw new IOException("Cannot capture: " + Files.readString(log));
    }
    return new LoopbackCapture(process, file);
  }

  /** All that was captured, headers of packets in between. */
  public byte[] bytes() throws IOException {
    return Files.readAllBytes(file);
  }

  /** Ends the capture; what was captured stays. */
  @Override
  public void close() {
    process.destroy(); // SIGTERM: tcpdump writes what it has
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
