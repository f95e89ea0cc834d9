/**
 * The command line: {@link dev.muster.job.cli.Main} is what {@code spark-submit} runs. The only
 * place that prints. Nobody calls it; it runs on the process's main thread.
 */
@NullMarked
package dev.muster.job.cli;

import org.jspecify.annotations.NullMarked;
