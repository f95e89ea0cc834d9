package dev.muster.job.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A network of its own for processes, with a loopback device that has further addresses; goes with
 * {@link #close}. Made by {@code ip netns}: needs Linux and root.
 */
final class NetworkNamespace implements AutoCloseable {
  private final String name;

  private NetworkNamespace(String name) {
    this.name = name;
  }

  /** Empty where this machine cannot have one. */
  static Optional<NetworkNamespace> make(String... addresses)
      throws IOException, InterruptedException {
    NetworkNamespace made = new NetworkNamespace("muster-test-" + ProcessHandle.current().pid());
    try {
      if (run(List.of("ip", "netns", "add", made.name)) != 0) {
        return Optional.empty();
      }
    } catch (IOException e) { // there is no such program
      return Optional.empty();
    }
    made.ip("link", "set", "lo", "up");
    for (String address : addresses) {
      made.ip("address", "add", address + "/32", "dev", "lo");
    }
    return Optional.of(made);
  }

  /** What starts a command in it. */
  List<String> prefix() {
    return List.of("nsenter", "--net=/run/netns/" + name, "--");
  }

  /** From now on nobody in it reaches the address, as behind a firewall that rejects. */
  void block(String address) throws IOException, InterruptedException {
    ip("rule", "add", "pref", "100", "lookup", "local"); // after the rule below, not before it
    ip("rule", "add", "pref", "10", "to", address, "unreachable");
    ip("rule", "del", "pref", "0");
  }

  private void ip(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(prefix());
    command.add("ip");
    command.addAll(List.of(words));
    int code = run(command);
    if (code != 0) {
      throw new IllegalStateException("Cannot run " + command + ": exit code " + code);
    }
  }

  private static int run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("Cannot run " + command + ": it hangs: " + output);
    }
    return process.exitValue();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    int code = run(List.of("ip", "netns", "del", name));
    if (code != 0) {
      throw new IllegalStateException("Cannot delete network namespace " + name);
    }
  }
}
