package dev.muster.job.config;

import java.util.Optional;

/**
 * How the experiment is searched. Immutable.
 *
 * @param name the searcher; {@code single} is the only one now, and the default
 * @param metric the name of the validation metric that is compared; required
 * @param smallerIsBetter whether a smaller metric is better; default true
 * @param maxLength how long the trial trains in all; required
 * @param source the checkpoint whose weights the trial starts with; default: initial values
 */
public record SearcherConfig(
    String name,
    String metric,
    boolean smallerIsBetter,
    Length maxLength,
    Optional<WarmStart> source) {}
