/**
 * Reads the experiment file (YAML) into immutable records, and writes it back with its defaults
 * filled in. All problems of a file are reported at once, each with its place and its key.
 *
 * <p>The door is {@link dev.muster.job.config.ExperimentConfig#parse(String, String,
 * java.util.List)}. The driver and the command line call it; the records are immutable and may be
 * read on any thread. Nothing here does I/O.
 *
 * <p>The way of a file: {@code YamlTree} (the only reader that knows the YAML library) makes a tree
 * in which every value knows its place, {@code Overrides} puts the command line's values into it,
 * {@code ConfigReader} takes the keys out of it.
 */
@NullMarked
package dev.muster.job.config;

import org.jspecify.annotations.NullMarked;
