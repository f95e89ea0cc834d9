package dev.muster.job.config;

import java.util.Locale;

/** Which validations are followed by a checkpoint of their own. */
public enum CheckpointPolicy {
  /** Those whose metric is strictly better than the best of the experiment; the default. */
  BEST,
  /** All of them. */
  ALL,
  /** None of them. */
  NONE;

  /** The name in the experiment file, in lower case. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
