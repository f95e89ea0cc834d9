package dev.muster.job.config;

import java.io.Serializable;

/**
 * One thing that is wrong with a configuration. Immutable.
 *
 * @param location {@code file:line:column} (both from 1), or {@code --config} for a value of the
 *     command line
 * @param key the dotted key; empty when the whole file is meant
 * @param message what is wrong, with what was expected and what was found
 */
public record Problem(String location, String key, String message) implements Serializable {
  /** {@code file:line:column key: message}. */
  @Override
  public String toString() {
    return key.isEmpty() ? location + ": " + message : location + " " + key + ": " + message;
  }
}
