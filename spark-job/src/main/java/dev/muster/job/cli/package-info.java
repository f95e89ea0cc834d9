/**
 * The command line: {@code spark-submit} runs {@link dev.muster.job.cli.Entry}, which lies in a
 * source tree of its own because it loads on an old Java too, and calls {@link
 * dev.muster.job.cli.Main}. The only place that prints. Nobody calls it; it runs on the process's
 * main thread.
 */
@NullMarked
package dev.muster.job.cli;

import org.jspecify.annotations.NullMarked;
