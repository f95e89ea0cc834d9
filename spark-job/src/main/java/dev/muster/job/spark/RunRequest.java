package dev.muster.job.spark;

import java.util.List;
import java.util.Optional;

/**
 * What the command line asked for.
 *
 * @param file the experiment's configuration: a local file, one sent by {@code --files}, or any
 *     Hadoop path
 * @param overrides {@code KEY=VALUE}, dotted keys
 * @param name the experiment's id; empty for one made of the configuration's name and the
 *     application
 * @param acceptChangedData whether a trial goes on though its data has changed
 */
public record RunRequest(
    String file, List<String> overrides, Optional<String> name, boolean acceptChangedData) {
  /** Copies the list. */
  public RunRequest {
    overrides = List.copyOf(overrides);
  }
}
