/** Bad input through the command line: each gives one message and the right exit code. */
@NullMarked
package dev.muster.job.cli;

import org.jspecify.annotations.NullMarked;
