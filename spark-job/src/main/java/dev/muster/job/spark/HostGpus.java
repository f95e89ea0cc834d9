package dev.muster.job.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The UUIDs of a host's GPUs by their numbers, as {@code nvidia-smi} prints them: a container may
 * number its GPUs anew, so that only they tell whether two slots share one. Immutable.
 */
record HostGpus(Map<String, String> uuids) {
  static final HostGpus UNKNOWN = new HostGpus(Map.of());
  private static final Logger LOG = LoggerFactory.getLogger(HostGpus.class);
  private static final long LONGEST_SECONDS = 10;

  HostGpus {
    uuids = Map.copyOf(uuids);
  }

  /** Asks {@code nvidia-smi}; {@link #UNKNOWN} where there is none or it does not answer. */
  static HostGpus query() {
    try {
      Process query =
          new ProcessBuilder("nvidia-smi", "--query-gpu=index,uuid", "--format=csv,noheader")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        if (!query.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS) || query.exitValue() != 0) {
          return UNKNOWN;
        }
        return parse(new String(query.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
      } finally {
        query.destroyForcibly();
      }
    } catch (IOException e) {
      LOG.debug("Cannot ask nvidia-smi", e);
      return UNKNOWN;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return UNKNOWN;
    }
  }

  static HostGpus parse(String lines) {
    Map<String, String> uuids = new LinkedHashMap<>();
    lines
        .lines()
        .map(line -> line.split(",", 2))
        .filter(words -> words.length == 2)
        .forEach(words -> uuids.put(words[0].strip(), words[1].strip()));
    return new HostGpus(uuids);
  }

  /** The UUID of an address, which may be one itself; empty when it is not known. */
  String uuid(String address) {
    return address.startsWith("GPU-") ? address : uuids.getOrDefault(address, "");
  }

  /** The number of a UUID. */
  OptionalInt index(String uuid) {
    return uuids.entrySet().stream()
        .filter(entry -> entry.getValue().equals(uuid))
        .mapToInt(entry -> Integer.parseInt(entry.getKey()))
        .findFirst();
  }
}
